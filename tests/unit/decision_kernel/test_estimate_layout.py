"""A shared rule reads a record as it reads an engine's object: the fields have the same names."""

from market_maker.decision_kernel.decision_layout import VIEW
from market_maker.decision_kernel.estimate_layout import ESTIMATES, FLOW, SMART_TERMS
from market_maker.engine.estimator_rows import Seen
from market_maker.estimators.rolling import RollingSums
from market_maker.quoting.smart import SmartTerms
from market_maker.quoting.view import View


def test_a_view_of_the_kernel_has_all_that_a_strategy_may_see():
    assert VIEW.names == View.__struct_fields__


def test_smart_terms_stand_in_their_record():
    assert set(SmartTerms.__struct_fields__) <= set(SMART_TERMS.names)


def test_what_was_seen_and_sums_have_the_fields_that_rules_read():
    assert {"bid_depth", "ask_depth"} <= set(ESTIMATES.names) & set(Seen.__struct_fields__)
    own = {name for name in RollingSums.__slots__ if not name.startswith("_")} - {"kept", "totals"}
    assert own <= set(FLOW.names)
