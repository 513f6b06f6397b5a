"""The emulated exchange: a name is one order for ever, and its lists are complete."""

import msgspec
import pytest

from market_maker.emulators.exchange import Exchange, new_order
from market_maker.model.errors import ConflictError, InvalidFieldError, NotFoundError
from market_maker.model.events import Accepted
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.sandbox.listings import LISTINGS, listing
from market_maker.venues.order_service.wire import WireOrder, WireOrderStatus

NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)
LATER = Nanos(NOON + 100 * NANOS_PER_MS)
ORDER = WireOrder("mm-1", "account-ann", "BTCUSDT-PERP", Side.BUY, 900_000, 10)


@pytest.fixture
def market():
    return Exchange([listing("BTCUSDT-PERP")], 1, NOON).market("BTCUSDT-PERP")


def test_an_order_is_new_then_open_then_cancelled(market):
    assert market.submit(NOON, ORDER).status is WireOrderStatus.NEW
    (news,) = market.advance(LATER)
    assert (news.client_order_id, type(news.event)) == ("mm-1", Accepted)
    assert [info.status for info in market.open_orders("account-ann").orders] == [
        WireOrderStatus.OPEN
    ]
    market.withdraw(LATER, "mm-1")
    market.advance(Nanos(LATER + 100 * NANOS_PER_MS))
    assert market.open_orders("account-ann").orders == ()
    assert [info.status for info in market.orders_after(0).orders] == [WireOrderStatus.CANCELED]


def test_an_order_on_its_way_to_the_book_is_listed_already(market):
    market.submit(NOON, ORDER)
    assert len(market.open_orders("account-ann").orders) == 1


def test_the_same_order_again_is_the_same_order_and_is_counted(market):
    first = market.submit(NOON, ORDER)
    again = market.submit(NOON, ORDER)
    assert again.order_id == first.order_id
    assert again.times_received == 2
    assert len(market.orders_after(0).orders) == 1


def test_another_order_of_the_same_name_is_refused_and_counted(market):
    market.submit(NOON, ORDER)
    with pytest.raises(ConflictError):
        market.submit(NOON, msgspec.structs.replace(ORDER, size=11))
    (info,) = market.orders_after(0).orders
    assert (info.size, info.times_received) == (10, 2)


def test_a_name_that_was_never_used_cannot_be_cancelled(market):
    with pytest.raises(NotFoundError):
        market.withdraw(NOON, "mm-9")


@pytest.mark.parametrize(
    "fields",
    [
        {"client_order_id": ""},
        {"client_order_id": "x" * 129},
        {"account_id": "ümlaut"},
        {"price": 0},
        {"price": -5},
        {"size": 0},
        {"size": 2**63},
    ],
)
def test_what_cannot_be_an_order_is_refused(market, fields):
    with pytest.raises(InvalidFieldError):
        market.submit(NOON, msgspec.structs.replace(ORDER, **fields))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"price": 1e400}', b"null"])
def test_a_body_that_is_no_order_is_refused(body):
    with pytest.raises(InvalidFieldError):
        new_order(body)


def test_positions_are_the_sums_of_fills(market):
    now = NOON
    for number in range(60):
        now = Nanos(now + 200 * NANOS_PER_MS)
        market.advance(now)
        bid = market._market._matching.best(Side.BUY)
        market.submit(
            now,
            msgspec.structs.replace(ORDER, client_order_id=f"mm-{number}", price=bid, size=1),
        )
    market.advance(Nanos(now + 5 * NANOS_PER_SECOND))
    fills = market.fills_after("account-ann", 0).fills
    assert fills
    assert market.position("account-ann") == sum(f.side.sign * f.size for f in fills)
    assert [f.trade_id for f in fills] == sorted({f.trade_id for f in fills})
    assert market.fills_after("account-ann", fills[-1].trade_id).fills == ()


def test_the_five_documented_instruments_are_listed():
    names = [found.instrument.symbol for found in LISTINGS]
    assert names == sorted(names)
    assert set(names) >= {
        "BTCUSDT-PERP",
        "ETHUSDT-PERP",
        "SOLUSDT-PERP",
        "DOGEUSDT-PERP",
        "XYZUSDT-PERP",
    }
    with pytest.raises(NotFoundError):
        listing("NO-SUCH")


@pytest.mark.parametrize("found", LISTINGS, ids=lambda found: found.instrument.symbol)
def test_every_listed_market_has_two_sides_around_its_price(found):
    market = Exchange([found], 1, NOON).market(found.instrument.symbol)
    market.advance(LATER)
    book = market._market._matching
    bid, ask = book.best(Side.BUY), book.best(Side.SELL)
    mid = float(found.instrument.price(bid + ask)) / 2
    assert bid < ask
    assert abs(mid / found.parameters.start_price - 1) < 0.001
