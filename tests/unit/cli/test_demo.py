"""The demo's run on simulated time: an hour of it takes no longer than its arithmetic."""

import signal
from decimal import Decimal

import msgspec
import pytest

from market_maker.bootstrap import demo, demo_config
from market_maker.cli.demo import Run, SecondInterruptError, Stop, report
from market_maker.cli.display import Display
from market_maker.clocks import SimClock
from market_maker.model.lifecycle import PoolState
from market_maker.model.units import NANOS_PER_SECOND, Nanos

NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)


def seconds(number):
    return Nanos(round(number * NANOS_PER_SECOND))


class Scene:
    def __init__(self, on_frame=lambda _frame: None, **config):
        self.frames = []

        def show(frame):
            self.frames.append(frame)
            on_frame(frame)

        self.clock, self.stop = SimClock(NOON), Stop()
        pool = msgspec.structs.replace(demo_config(), **config)
        self.service = demo(pool, 1, NOON)
        display = Display(seconds(1), show, lambda: None)
        self.run = Run(self.service, self.clock, display, self.stop)


def test_it_ends_by_itself_with_everything_cancelled_and_added_up():
    scene = Scene()
    summary = scene.run.whole(seconds(20))
    assert summary.clean
    assert (summary.state, summary.state_reason) == (PoolState.PAUSED, "time is up")
    assert summary.open_orders == 0
    assert summary.orders_placed > 0
    assert 20 <= summary.duration_s < 20.5
    assert scene.service.venue.open_orders(scene.clock.now()) == ()


def test_quotes_are_there_within_two_seconds():
    scene = Scene()
    scene.run.whole(seconds(3))
    first = next(frame for frame in scene.frames if frame.engine.bid.quoting)
    assert first.elapsed <= seconds(2)


def test_a_stop_ends_it_in_order():
    def stop_at_five(frame):
        if frame.elapsed >= seconds(5):
            scene.stop.reason = "Ctrl-C"

    scene = Scene(stop_at_five)
    summary = scene.run.whole(None)
    assert summary.clean
    assert summary.state_reason == "Ctrl-C"
    assert 5 <= summary.duration_s < 7


def test_a_broken_engine_ends_it_with_its_reason_and_no_order_left():
    def break_at_five(frame):
        if frame.elapsed >= seconds(5):
            scene.service.session._actor._engine.turn = fail

    def fail(_now, _events):
        raise AssertionError("a bug")

    scene = Scene(break_at_five)
    summary = scene.run.whole(seconds(60))
    assert summary.failure == "AssertionError: a bug"
    assert summary.open_orders == 0
    assert not summary.clean
    assert "THE ENGINE BROKE: AssertionError: a bug" in report(summary)


def test_the_second_interrupt_does_not_wait():
    with Stop() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.reason == "Ctrl-C"
        with pytest.raises(SecondInterruptError):
            signal.raise_signal(signal.SIGTERM)


def test_signals_are_given_back():
    before = signal.getsignal(signal.SIGINT)
    with Stop():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) is before


def test_an_end_at_once_says_how_many_orders_may_be_left():
    def interrupt(frame):
        if frame.elapsed >= seconds(5):
            raise SecondInterruptError

    scene = Scene(interrupt)
    with pytest.raises(SecondInterruptError):
        scene.run.whole(None)
    left = len(scene.service.venue.open_orders(scene.clock.now()))
    assert left > 0
    assert f"{left} orders may be left open" in scene.run.left_behind()


def test_orders_that_stay_open_are_said_and_not_a_clean_end():
    scene = Scene(min_spread_bps=Decimal(29))  # where nobody trades within seconds
    scene.service.venue.cancel = lambda _now, _order_id: None
    summary = scene.run.whole(seconds(5))
    assert summary.open_orders > 0
    assert not summary.clean
    assert f"{summary.open_orders} ORDERS STILL OPEN" in report(summary)


def test_the_report_shows_every_member_and_the_pool():
    scene = Scene()
    told = report(scene.run.whole(seconds(30)))
    for words in ("acme 50%", "beta 30%", "gamma 20%", "pool", "the venue says 0 orders open"):
        assert words in told


def test_money_is_exact_in_json():
    scene = Scene()
    summary = scene.run.whole(seconds(30))
    text = msgspec.json.Encoder(decimal_format="number").encode(summary)
    fields = msgspec.json.decode(text)
    assert fields["members"][0]["participant_id"] == "acme"
    for member in summary.members:
        assert f'"net":{member.pnl.net:f}'.encode() in text.replace(b"E-", b"")
