"""What is shown is what the stream sent, and old numbers are marked as old."""

import io

from rich.console import Console

from market_maker.cli.stream_reader import StreamEvent
from market_maker.cli.stream_view import WatchBoard, drawn, is_live, line
from market_maker.model.units import NANOS_PER_SECOND, Nanos

NOW = Nanos(1_000 * NANOS_PER_SECOND)


def pool(symbol, state="ACTIVE", **more):
    row = {
        "symbol": symbol,
        "state": state,
        "quoting": state == "ACTIVE",
        "reason": "enabled",
        "failure": None,
        "open_orders": 3,
        "unknown_orders": 0,
        "net_position_usdt": "12.5",
        "net_pnl_usdt": None,
    }
    return row | more


def heard(*pools, symbols=()):
    picture = WatchBoard(symbols=symbols)
    picture.take(StreamEvent("glance", {"pools": list(pools)}), NOW)
    return picture


def text_of(picture, now=NOW, width=160):
    out = io.StringIO()
    Console(file=out, width=width).print(drawn(picture, now, "12:00:00"))
    return out.getvalue()


def later(seconds):
    return Nanos(NOW + int(seconds * NANOS_PER_SECOND))


def test_pools_stand_worst_first_with_their_reason():
    text = text_of(heard(pool("A"), pool("B", "HALTED", reason="loss limit exceeded")))
    assert text.index("B") < text.index("A  ")
    assert "■ HALTED" in text
    assert "loss limit exceeded" in text


def test_sixty_columns_show_each_pool_its_state_and_why():
    """`why` was gone, and names and states were cut: BTCUSDT-PE…, HALT…"""
    reason = "loss limit exceeded"
    pools = [pool("BTCUSDT-PERP", "HALTED", reason=reason), pool("ETHUSDT-PERP")]
    text = text_of(heard(*pools), width=60)
    assert "…" not in text
    for whole in ("BTCUSDT-PERP", "■ HALTED", "ETHUSDT-PERP", "● ACTIVE", "why", "loss", "limit"):
        assert whole in text
    assert max(map(len, text.splitlines())) <= 60


def test_an_unknown_amount_is_a_dash_and_never_zero():
    assert "–" in text_of(heard(pool("A")))


def test_numbers_are_old_after_two_seconds_of_silence_and_live_again_with_the_next_event():
    picture = heard(pool("A"))
    assert is_live(picture, later(2))
    assert "OLD DATA, 3 s: nothing received" in text_of(picture, later(3))
    picture.take(StreamEvent("alive", {}), later(3))
    assert is_live(picture, later(3))


def test_a_broken_connection_makes_them_old_at_once():
    picture = heard(pool("A"))
    picture.take(StreamEvent("lost", "connection refused"), later(1))
    assert "OLD DATA, 1 s: connection refused; connecting again" in line(picture, later(1), "x")


def test_before_any_picture_it_says_so():
    assert "NO DATA: connecting" in line(WatchBoard(), NOW, "x")


def test_only_the_pools_that_were_asked_for_are_shown():
    text = text_of(heard(pool("A1"), pool("B2"), symbols=("B2",)))
    assert "B2" in text
    assert "A1" not in text


def test_alerts_and_the_latest_moves_are_shown():
    picture = heard(pool("A"))
    alert = {
        "id": 1,
        "severity": "CRITICAL",
        "symbol": "A",
        "title": "Halted",
        "text": "by a guard",
        "acknowledged_by": "",
    }
    picture.take(StreamEvent("alerts", {"items": [alert]}), NOW)
    move = {"symbol": "A", "state": "HALTED", "reason": "loss", "ts": "2026-11-29T21:12:03Z"}
    picture.take(StreamEvent("state", move), NOW)
    text = text_of(picture)
    assert "! CRITICAL A: Halted, by a guard" in text
    assert "21:12:03 A is HALTED: loss" in text
