"""The duties beside quoting: which there are."""

from types import SimpleNamespace

from market_maker.serving.duties import duties_of
from market_maker.settings import Settings


def parts():
    class Anything:
        def __getattr__(self, name):
            return Anything()

        def __call__(self, *_args, **_more):
            return Anything()

    return SimpleNamespace(
        money=Anything(),
        watching=Anything(),
        relay=Anything(),
        anchorer=Anything(),
        engine_host=Anything(),
        clock=Anything(),
    )


def test_the_table_has_each_duty_once_and_total_exposure_only_with_a_limit():
    named = [duty.name for duty in duties_of(parts(), Settings())]
    assert len(set(named)) == len(named)
    assert "total exposure" not in named
    limited = duties_of(parts(), Settings(max_total_exposure_usdt=1_000))
    assert [duty.name for duty in limited] == [*named, "total exposure"]
    assert all(0 < duty.every_s <= 3600 for duty in limited)
