"""The maker's screen: its orders, what it holds, its guards and its log."""

from types import SimpleNamespace

from rich.console import Console

from market_maker.cli.maker_view import rendered
from market_maker.engine.engine import Engine
from market_maker.journaling.journal import MemoryJournal
from market_maker.model.lifecycle import Command
from tests.support.quoting_pool import GRID, POOL, QuotingPool


def test_the_screen_shows_orders_position_guards_and_log():
    pool = QuotingPool(Engine(GRID, POOL), MemoryJournal(), seed=3)
    pool.command(Command.ENABLE)
    pool.play(20)
    parts = SimpleNamespace(
        coin="BTC",
        runner=pool.runner,
        opened=SimpleNamespace(market=SimpleNamespace(base="BTC")),
        ready=SimpleNamespace(instrument=GRID, funds=SimpleNamespace(collateral="USDC")),
    )
    console = Console(width=110, height=40)
    with console.capture() as captured:
        console.print(rendered(parts, ["a line of the log"], 40))
    shown = captured.get()
    for said in ("BTC", "ACTIVE", "orders", "position", "P&L", "USDC", "live", "market"):
        assert said in shown
    for said in ("a line of the log", "loss limit exceeded 0%", "Ctrl-C cancels every order"):
        assert said in shown
