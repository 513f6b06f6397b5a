"""An outage is a line per change of state, and lines about one order share a trace id."""

from decimal import Decimal

from market_maker.model.actions import RecordFill, RecordState, Turn
from market_maker.model.events import Accepted, Unanswered
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.telemetry.tracing import tracing
from market_maker.telemetry.turn_log import TurnLog

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
    assert log.written[1][2] == {"order_id": 7, "fate": "open", "repeats": 2}


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
