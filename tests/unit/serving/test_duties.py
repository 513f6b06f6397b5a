"""The duties beside quoting: which there are."""

from market_maker.serving.duties import duties_of
from market_maker.settings import Settings


class Anything:
    """Has whatever is asked of it."""

    def __getattr__(self, name):
        return Anything()

    def __call__(self, *_args, **_more):
        return Anything()


def test_the_table_has_each_duty_once_and_total_exposure_only_with_a_limit():
    named = [duty.name for duty in duties_of(Anything(), Settings())]
    assert len(set(named)) == len(named)
    assert "total exposure" not in named
    limited = duties_of(Anything(), Settings(max_total_exposure_usdt=1_000))
    assert [duty.name for duty in limited] == [*named, "total exposure"]
    assert all(0 < duty.every_s <= 3600 for duty in limited)
