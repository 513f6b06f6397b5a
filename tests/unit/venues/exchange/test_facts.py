from decimal import Decimal, InvalidOperation, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from market_maker.model.errors import InvalidDataError
from market_maker.model.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Filled,
    InstrumentStatus,
    Rejected,
    RejectReason,
)
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.venues.exchange.facts import (
    NO_ORDER,
    PRICES_KEPT,
    EngineNews,
    WrittenPrices,
    delta_of,
    engine_fact,
    mark_of,
    snapshot_of,
    trade_of,
    whole,
)
from tests.support.exchange_messages import (
    INSTRUMENT,
    T,
    delta,
    engine_event,
    fill,
    level,
    mark,
    snapshot,
    trade,
)

AT = Nanos(T + 5)


def test_prices_and_sizes_become_ticks_and_lots_exactly() -> None:
    book = snapshot_of(snapshot(7), WrittenPrices(INSTRUMENT), AT)
    assert (book.bids, book.asks) == (((999_999, 1_500),), ((1_000_001, 2_000),))
    assert (book.seq, book.ts_event, book.ts_recv) == (7, T + 7, AT)


@pytest.mark.parametrize(
    "price",
    ["0.05", "NaN", "Infinity", "1e5", "abc", "", "1" * 400 + ".05", "0", "-0.1", "9" * 20, "-1"],
)
def test_a_price_that_is_none_of_the_instrument_is_refused(price: str) -> None:
    with pytest.raises(InvalidDataError):
        snapshot_of(snapshot(1, bids=[level(price, "1")]), WrittenPrices(INSTRUMENT), AT)


def test_a_price_is_read_once_and_of_many_prices_some_are_kept() -> None:
    prices = WrittenPrices(INSTRUMENT)
    for ticks in range(1, 3 * PRICES_KEPT):
        text = f"{ticks // 10}.{ticks % 10}"
        assert prices[text] == prices[text] == ticks
        assert 0 < len(prices) <= PRICES_KEPT
    for refused in ("0", "-0.1", "0.05", "1e5"):
        with pytest.raises(InvalidDataError):
            prices[refused]
        assert refused not in prices


@pytest.mark.parametrize("unit", ["0.1", "0.05", "0.001", "0.25", "1", "10"])
@example(text="")
@example(text=".")
@example(text="1.")
@example(text=".5")
@example(text="00.500")
@example(text="1_0")
@example(text="\u0661")
@example(text="-0.1")
@given(text=st.from_regex(r"[0-9.]{0,12}", fullmatch=True) | st.decimals().map(str) | st.text())
def test_what_is_counted_without_decimal_arithmetic_is_what_that_counts(
    text: str, unit: str
) -> None:
    exponent = -int(Decimal(unit).as_tuple().exponent)
    places = max(0, exponent)
    count = whole(text, places, int(Decimal(unit).scaleb(places)))
    if count is None:
        return
    try:
        with localcontext(prec=60):
            exact = Decimal(text) / Decimal(unit)
    except InvalidOperation:
        pytest.fail(f"{text!r} is no number and was counted as {count}")
    assert count == exact
    assert count >= 0


@pytest.mark.parametrize(
    ("text", "places", "step", "count"),
    [("99999.9", 1, 1, 999_999), ("1.5", 3, 1, 1_500), ("7", 2, 25, 28), ("0.1", 2, 25, None)],
)
def test_plain_decimals_are_counted(text: str, places: int, step: int, count: int | None) -> None:
    assert whole(text, places, step) == count


@pytest.mark.parametrize("size", ["-1", "0.0005", "x", "9" * 20])
def test_a_size_that_is_none_of_the_instrument_is_refused(size: str) -> None:
    with pytest.raises(InvalidDataError):
        delta_of(delta(1, bids=[level("1", size)]), WrittenPrices(INSTRUMENT), AT)


@pytest.mark.parametrize("numbers", [{"first_seq": 9}, {"prev_seq": 8}, {"prev_seq": 9}])
def test_a_delta_whose_numbers_do_not_grow_is_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(InvalidDataError, match="do not grow"):
        delta_of(delta(8, **numbers), WrittenPrices(INSTRUMENT), AT)


def test_a_mark_between_two_ticks_is_taken_at_the_nearest() -> None:
    assert mark_of(mark(1, "100000.06"), INSTRUMENT, AT).price == 1_000_001


@pytest.mark.parametrize("price", ["0", "-100000", "0.04", "9" * 20, "NaN"])
def test_a_mark_that_is_no_price_is_refused(price: str) -> None:
    with pytest.raises(InvalidDataError):
        mark_of(mark(1, price), INSTRUMENT, AT)


@pytest.mark.parametrize("change", [{"price": "0"}, {"price": "-1"}, {"size": "0"}])
def test_a_trade_of_nothing_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(InvalidDataError, match="is not above 0"):
        trade_of(trade(1, "x", **change), INSTRUMENT, AT)


@pytest.mark.parametrize("time", [-1, -(2**63), 2**63 - 1, AT + 2 * 86_400 * NANOS_PER_SECOND])
def test_a_time_that_is_none_is_refused_in_every_kind_of_message(time: int) -> None:
    for read, of, fields in (
        (snapshot_of, WrittenPrices(INSTRUMENT), snapshot(1)),
        (delta_of, WrittenPrices(INSTRUMENT), delta(1)),
        (mark_of, INSTRUMENT, mark(1)),
        (trade_of, INSTRUMENT, trade(1, "x")),
        (engine_fact, INSTRUMENT, fill(1)),
    ):
        with pytest.raises(InvalidDataError, match=f"event_time: {time} is no time"):
            read(fields | {"event_time": time}, of, AT)


def test_a_market_whose_times_are_not_stamped_is_read_and_a_fill_without_one_is_not() -> None:
    assert snapshot_of(snapshot(1, event_time=0), WrittenPrices(INSTRUMENT), AT).ts_event == 0
    with pytest.raises(InvalidDataError, match="event_time"):
        engine_fact(fill(1) | {"event_time": 0}, INSTRUMENT, AT)


def test_a_trade_has_the_side_of_its_taker() -> None:
    heard = trade_of(trade(1, "x"), INSTRUMENT, AT)
    assert (heard.price, heard.size, heard.aggressor) == (1_000_000, 250, Side.SELL)
    with pytest.raises(InvalidDataError, match="no side"):
        trade_of(trade(1, "x", aggressor="UNKNOWN"), INSTRUMENT, AT)


def test_a_fill_is_news_of_the_order_by_name_with_its_fee_exact() -> None:
    news = engine_fact(fill(3), INSTRUMENT, AT)
    assert isinstance(news, EngineNews)
    filled = news.event
    assert (news.account_id, news.client_order_id) == ("a", "mm-1")
    assert isinstance(filled, Filled)
    assert (filled.trade_id, filled.price, filled.size) == (42, 999_999, 500)
    assert (filled.order_id, filled.ts_event) == (NO_ORDER, T + 3)
    assert INSTRUMENT.money(filled.fee) == Decimal("-2.5")


def test_a_fee_in_another_token_is_kept_as_it_is_and_the_fill_counts() -> None:
    """The message was parked, and the position wrong until a list brought the fill."""
    instrument = structs.replace(INSTRUMENT, quote_currency="USDT")
    filled = engine_fact(fill(3, fee="0.125", fee_asset="MMX"), instrument, AT).event
    assert (filled.size, filled.fee) == (500, 0)
    assert (filled.fee_token, filled.fee_token_amount) == ("MMX", Decimal("0.125"))
    for fields in ({"fee": "0", "fee_asset": "MMX"}, {}):
        plain = engine_fact(fill(3, **fields), instrument, AT).event
        assert (plain.fee_token, plain.fee_token_amount) == ("", 0)


@pytest.mark.parametrize(
    "change",
    [
        {"trade_id": "x"},
        {"trade_id": ""},
        {"price": "0.01"},
        {"price": "0"},
        {"size": "0"},
        {"size": "9" * 20},
    ],
)
def test_a_fill_that_cannot_be_one_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(InvalidDataError):
        engine_fact(fill(3, **change), INSTRUMENT, AT)


def test_every_kind_of_order_event_is_read() -> None:
    told = [
        engine_fact(event, INSTRUMENT, AT)
        for event in (
            engine_event(1, "ACCEPTED", "accepted", side="BUY", price="1", size="1"),
            engine_event(2, "REJECTED", "rejected", reason="POST_ONLY", message=""),
            engine_event(3, "CANCELLED", "cancelled", cancelled_size="1", reason="SELF_TRADE"),
            engine_event(4, "CANCELLED", "cancelled", cancelled_size="1", reason="REQUESTED"),
            engine_event(5, "CANCEL_REJECTED", "cancel_rejected", gone=True, message=""),
        )
    ]
    events = [news.event for news in told if isinstance(news, EngineNews)]
    named = {"order_id": NO_ORDER, "client_order_id": "mm-1"}
    assert events == [
        Accepted(Nanos(T + 1), AT, **named),
        Rejected(Nanos(T + 2), AT, reason=RejectReason.POST_ONLY, **named),
        Canceled(Nanos(T + 3), AT, reason="self trade", **named),
        Canceled(Nanos(T + 4), AT, **named),
        CancelRejected(Nanos(T + 5), AT, gone=True, **named),
    ]


@pytest.mark.parametrize(
    ("status", "halted"),
    [("TRADING", False), ("POST_ONLY", False), ("HALTED", True), ("UNKNOWN", True)],
)
def test_what_is_not_known_to_be_open_is_halted(status: str, halted: bool) -> None:
    event = engine_event(1, "INSTRUMENT_STATUS", "instrument_status", status=status)
    assert engine_fact(event, INSTRUMENT, AT) == InstrumentStatus(AT, halted)


def test_a_kind_that_is_not_known_is_no_fact() -> None:
    assert engine_fact(engine_event(1, "UNKNOWN", "accepted"), INSTRUMENT, AT) is None


def test_an_event_without_its_part_is_refused() -> None:
    event = fill(1) | {"filled": None}
    with pytest.raises(InvalidDataError, match="FILLED without filled"):
        engine_fact(event, INSTRUMENT, AT)
