"""Books whose traders keep to the venue's grid."""

from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.markets import sandbox_markets
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from tests.unit.emulators.hyperliquid.box import NOON


def nothing(*_):
    """Every report and every question: yes."""
    return True


def test_every_price_on_the_book_holds_at_the_venue():
    for name in ("BTC", "SOL", "DOGE"):
        perp = universe().coin(name).perp
        market = sandbox_markets(1)(perp, NOON, nothing, nothing)
        market.advance(Nanos(NOON + 20 * NANOS_PER_SECOND))
        for side in Side:
            levels = market.levels(side, 1_000)
            assert len(levels) > 10
            assert all(ticks % perp.step(ticks) == 0 for ticks, _, _ in levels)


def test_equal_seeds_are_equal_books_and_others_are_not():
    perp = universe().coin("ETH").perp

    def book(seed):
        market = sandbox_markets(seed)(perp, NOON, nothing, nothing)
        market.advance(Nanos(NOON + NANOS_PER_SECOND))
        return market.levels(Side.BUY, 10)

    assert book(1) == book(1) != book(2)


def test_what_is_delisted_has_an_empty_book():
    market = sandbox_markets(1)(
        universe().coin("MATIC").perp, NOON, lambda _now, _outcome: None, lambda *_: True
    )
    assert market.best(Side.BUY) is None
    assert market.levels(Side.SELL, 5) == ()
