"""An outage is a line per change of state, and lines about one order share a trace id."""

from decimal import Decimal

from msgspec import structs

from market_maker.model.actions import RecordFill, RecordState, Turn
from market_maker.model.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Rejected,
    RejectReason,
    Unanswered,
)
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.telemetry.tracing import tracing
from market_maker.telemetry.turn_log import STILL_OPEN, TurnLog
from tests.unit.engine.desk import THREE, Desk

NAME = "mm-ann-X-0-BUY-1"


class Lines:
    def __init__(self):
        self.written = []

    def __getattr__(self, level):
        return lambda event, **fields: self.written.append((level, event, fields))

    def events(self):
        return [event for _, event, _ in self.written]


def logged(*told):
    log = Lines()
    turns = TurnLog(Instrument("X", Decimal("0.1"), Decimal("0.001")), log)
    for each in told:
        turns.append(Turn(1, (each,), ()))
    return log


def test_an_order_is_said_to_be_unknown_once_until_it_is_known_again():
    unknown = Unanswered(1, 7, NAME)
    log = logged(unknown, unknown, unknown, Accepted(1, 1, 7, NAME), unknown)
    assert log.events() == ["order unknown", "order known again", "order unknown"]
    said = {key: log.written[1][2][key] for key in ("order_id", "fate", "repeats")}
    assert said == {"order_id": 7, "fate": "open", "repeats": 2}


def test_all_lines_about_one_order_have_one_trace_id():
    fill = RecordFill(1, 7, 3, "ann", Side.BUY, 0, 100, 1, 0, 200, NAME, "account")
    log = logged(Unanswered(1, 7, NAME), fill)
    traces = {fields["trace_id"] for _, event, fields in log.written if "trace_id" in fields}
    (trace,) = traces
    assert len(trace) == 32


def test_a_halt_has_a_trace_id_of_its_own_or_of_the_request():
    halt = RecordState(5, PoolState.HALTED, "guard", "loss limit exceeded")
    (line,) = logged(halt).written
    assert len(line[2]["trace_id"]) == 32
    with tracing("ab" * 16):
        (line,) = logged(halt).written
    assert line[2]["trace_id"] == "ab" * 16


def test_every_line_about_an_order_says_whose_it_is_and_why():
    """The line of a rejected order had no participant, and that of a refused cancel was missing."""
    desk = Desk(members=THREE).started()
    order = next(each for each in desk.engine.orders.slots.values())
    owner = desk.engine.accounts.all[order.account].member.participant_id
    number, name = order.order_id, order.client_order_id
    log = Lines()
    turns = TurnLog(desk.engine.instrument, log)
    turns.begin(desk.engine)
    news = (
        Unanswered(1, number, name),
        CancelRejected(1, 1, number, False, name),
        CancelRejected(1, 1, number, True, name),
        Accepted(1, 1, number, name),
        Canceled(1, 1, number, name, "the market is halted"),
        RecordFill(1, number, 3, owner, order.side, 0, 100, 1, 0, 200, name, "account"),
        Rejected(1, 1, number, RejectReason.MARGIN, name),
    )
    desk.turn(Rejected(1, 1, number, RejectReason.MARGIN, name))
    assert desk.engine.orders.slots.get(order.slot) is not order
    turns.append(Turn(1, news, ()))
    assert log.events()[0] == "engine made"
    seen = {event: fields for _, event, fields in log.written[1:]}
    reasons = {event: fields.get("reason") for event, fields in seen.items()}
    assert reasons == {
        "order unknown": "no answer",
        "cancel refused": STILL_OPEN,
        "order known again": None,
        "order canceled": "the market is halted",
        "filled": None,
        "order rejected": RejectReason.MARGIN,
    }
    places = {
        (each["participant_id"], each["order_id"], each["client_order_id"])
        for each in seen.values()
    }
    assert places == {(owner, number, name)}
    assert len({each["trace_id"] for each in seen.values()}) == 1


def test_an_order_that_the_engine_does_not_know_has_no_owner():
    (line,) = logged(Rejected(1, 1, 7, RejectReason.MARGIN, NAME)).written
    assert (line[2]["participant_id"], line[2]["client_order_id"]) == ("", NAME)


def test_a_fee_that_no_pnl_has_is_a_line_of_its_own():
    fill = RecordFill(1, 7, 3, "ann", Side.BUY, 0, 100, 1, 0, 200, NAME, "account")
    paid = structs.replace(fill, fee_token="MMX", fee_token_amount=Decimal("0.50"))  # noqa: S106
    log = logged(fill, paid)
    assert log.events() == ["filled", "filled", "fee not counted"]
    level, _, fields = log.written[-1]
    assert (level, fields["token"], fields["amount"]) == ("warning", "MMX", "0.5")
    assert fields["participant_id"] == "ann"
