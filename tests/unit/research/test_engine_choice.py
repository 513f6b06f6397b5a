"""Which engine decides a replay, where there can be no kernel."""

from market_maker.native_engine import EngineForm, engine_form
from market_maker.research.engine_choice import EngineChoice, no_kernel


def test_a_kernel_can_be_made_of_an_interpreted_engine():
    assert no_kernel(EngineForm.INTERPRETED) is None


def test_a_native_engine_decides_itself_and_says_why():
    decided = no_kernel(EngineForm.NATIVE)
    assert decided.engine is EngineChoice.PYTHON
    assert "a kernel is made of the interpreted one" in decided.why


def test_without_a_form_it_is_that_of_the_process():
    assert no_kernel() == no_kernel(engine_form())
