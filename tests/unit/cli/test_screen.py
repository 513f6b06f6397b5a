import io
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from market_maker.bootstrap import WARM_UP_STEP, demo, demo_config
from market_maker.cli.screen import DEPTH, SPARKS, ScreenFrame, grouping, line, render, spark
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, Nanos

NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)


def frame_after(seconds, seed=1):
    service = demo(demo_config(), seed, NOON)
    session, now = service.session, service.start
    until = NOON + seconds * NANOS_PER_SECOND
    while now < until:
        now = Nanos(now + WARM_UP_STEP)
        if now == NOON:
            session.command(now, Command.ENABLE, "ann", "test")
        session.step(now)
    bids, asks = session.depth(DEPTH)
    return ScreenFrame(
        instrument=service.instrument,
        config=service.config,
        engine=session.latest,
        bids=bids,
        asks=asks,
        tape=session.tally.tape,
        history=session.tally.history,
        elapsed=Nanos(seconds * NANOS_PER_SECOND),
        left=None,
        notice="the last line",
    )


@pytest.fixture(scope="module")
def frame():
    return frame_after(40)


def drawn(frame, rows, columns):
    console = Console(width=columns, height=rows, file=io.StringIO(), force_terminal=False)
    console.print(render(frame, rows), end="")
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (30, 100), (40, 120), (60, 200)])
def test_it_fills_the_window_and_no_more(frame, rows, columns):
    lines = drawn(frame, rows, columns)
    assert len(lines) == rows
    assert max(len(text) for text in lines) <= columns
    assert "the last line" in lines[-1]


def test_the_smallest_window_shows_everything_that_matters(frame):
    text = "\n".join(drawn(frame, 24, 80))
    for word in ("BTCUSDT-PERP", "ACTIVE", "spread", "shift", "σ", "acme", "beta", "gamma", "pool"):
        assert word in text
    for guard in ("pos", "loss", "rej", "halt", "data"):
        assert f"{guard} " in text
    assert frame.engine.bid.reason.value in text
    assert frame.engine.ask.reason.value in text


def test_both_sides_of_the_book_mark_our_own_orders(frame):
    lines = drawn(frame, 24, 80)
    middle = next(i for i, text in enumerate(lines) if text.startswith("│") and "spread" in text)
    assert any("◀" in text for text in lines[middle - 5 : middle])
    assert any("◀" in text for text in lines[middle + 1 : middle + 6])


def test_rows_of_the_book_reach_all_our_orders_in_round_steps(frame):
    step = grouping(frame, 5)
    assert str(step).rstrip("0") in {"1", "2", "5"}
    for order in frame.engine.orders:
        best = frame.bids[0][0] if order.side is Side.BUY else frame.asks[0][0]
        assert (best - order.price) * order.side.sign <= step * 5


def test_without_a_book_nothing_breaks(frame):
    empty = msgspec.structs.replace(frame, bids=(), asks=(), tape=(), history=())
    assert len(drawn(empty, 24, 80)) == 24
    assert grouping(empty, 5) == 1


def test_the_first_moment_can_be_drawn():
    assert len(drawn(frame_after(-25), 24, 80)) == 24


def test_the_line_says_state_quotes_and_why(frame):
    told = line(frame)
    assert "ACTIVE" in told
    assert f"({frame.engine.bid.reason})" in told
    assert "\n" not in told


def test_the_columns_of_the_members_add_up_to_the_pools(frame):
    rows = [text.split("│")[3].split() for text in drawn(frame, 24, 80)[17:22]]
    members = [row for row in rows if row and row[0] in {"acme", "beta", "gamma"}]
    pool = next(row for row in rows if row and row[0] == "pool")
    assert len(members) == 3
    assert sum(Decimal(row[1]) for row in members) == Decimal(pool[1])
    for column in range(2, 6):
        assert abs(sum(Decimal(r[column]) for r in members) - Decimal(pool[column])) <= Decimal(
            "0.02"
        )


@given(st.lists(st.floats(-1e9, 1e9), max_size=60), st.integers(1, 40))
def test_a_spark_line_shows_the_latest_values_between_their_extremes(values, width):
    line_of = spark(values, width)
    assert len(line_of) == min(len(values), width)
    shown = values[-width:]
    if shown and min(shown) < max(shown):
        assert line_of[shown.index(min(shown))] == SPARKS[0]
        assert line_of[shown.index(max(shown))] == SPARKS[-1]
