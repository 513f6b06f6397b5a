"""The live view of a maker in a terminal: its quotes, what it holds, its guards, the last lines of
its log."""

import asyncio
from collections import deque
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Order, Side
from market_maker.model.units import Value
from market_maker.standalone.maker_parts import MakerParts

REFRESH_S = 0.25
LINES_KEPT = 200
LOG_ROWS = 8
FIXED_ROWS = 15
STATE_STYLES = {"ACTIVE": "black on green", "PAUSED": "black on yellow", "HALTED": "white on red"}
SIDE_STYLES = {Side.BUY: "green", Side.SELL: "red"}


class MakerView:
    """lines: of the log, the newest last."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._parts: MakerParts | None = None

    def show(self, parts: MakerParts) -> None:
        """From now on this maker."""
        self._parts = parts

    async def run(self) -> None:
        """Draw until cancelled."""
        with Live(console=self._console, screen=True, auto_refresh=False) as live:
            while True:
                live.update(self._drawn(), refresh=True)
                await asyncio.sleep(REFRESH_S)

    def _drawn(self) -> RenderableType:
        parts, rows = self._parts, self._console.size.height
        if parts is None or not parts.host.runners():
            return Group(*(Text(line) for line in list(self.lines)[-rows + 1 :]))
        return rendered(parts, list(self.lines), rows)


def rendered(parts: MakerParts, lines: Sequence[str], rows: int) -> RenderableType:
    """The whole view for a window of `rows` rows."""
    runner, instrument = parts.runner, parts.ready.instrument
    seen = runner.snapshot()
    shown = max(LOG_ROWS, rows - FIXED_ROWS - len(runner.open_orders()))
    two = Table.grid(expand=True)
    two.add_column(ratio=1)
    two.add_column(ratio=1)
    orders = _orders(runner.open_orders(), seen, instrument)
    two.add_row(orders, Group(_held(parts, seen), _guards(seen)))
    log = Text("\n".join(lines[-shown:]), no_wrap=True, overflow="ellipsis")
    return Group(_title(parts, seen), two, Panel(log, title="log", title_align="left"))


def _title(parts: MakerParts, seen: EngineSnapshot) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f" {parts.coin} ", "bold reverse")
    line.append(f" {seen.state} ", STATE_STYLES.get(seen.state, ""))
    line.append(f"  {seen.bid.reason.value}")
    line.append("   Ctrl-C cancels every order and ends", "dim")
    return line


def _orders(orders: Sequence[Order], seen: EngineSnapshot, instrument: Instrument) -> Panel:
    table = Table.grid(expand=True, padding=(0, 1))
    for _ in range(3):
        table.add_column(justify="right", no_wrap=True)
    best = [seen.best_ask, seen.best_bid]
    placed = {Side.SELL: False, Side.BUY: False}
    for order in sorted(orders, key=lambda one: -one.price):
        if order.side is Side.BUY and not placed[Side.BUY]:
            table.add_row(*(_price(instrument, price) for price in best), "market", style="dim")
            placed[Side.BUY] = True
        cells = (_price(instrument, order.price), str(instrument.quantity(order.leaves)))
        table.add_row(*cells, order.state.lower(), style=SIDE_STYLES[order.side])
    return Panel(table, title=f"{len(orders)} orders", title_align="left")


def _held(parts: MakerParts, seen: EngineSnapshot) -> Panel:
    instrument, quote = parts.ready.instrument, parts.ready.funds.collateral

    def money(value: int) -> str:
        return f"{instrument.money(Value(value)):.2f} {quote}"

    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("position", f"{instrument.quantity(seen.position)} {parts.opened.market.base}"),
        ("P&L", f"{money(seen.net)} (fees {money(seen.fees)})"),
        ("mid", _price(instrument, seen.mid_x2 // 2)),
        ("spread", f"{seen.spread_bps:.2f} bps, skew {seen.shift_bps:+.2f}"),
        ("sigma", f"{seen.sigma_bps:.1f} bps per sqrt(hour)"),
        ("fills", f"{seen.counters.fills} of {seen.counters.placed} orders"),
    ):
        table.add_row(Text(name, "dim"), value)
    return Panel(table, title="position", title_align="left")


def _guards(seen: EngineSnapshot) -> Text:
    line = Text("", overflow="fold")
    for guard in seen.guards:
        share = guard.value / guard.threshold if guard.threshold else 0.0
        style = "red" if share >= 1 else "yellow" if share >= 0.8 else "dim"  # noqa: PLR2004
        line.append(f"{guard.name} {share:.0%}  ", style)
    return line


def _price(instrument: Instrument, ticks: int) -> str:
    return f"{instrument.price(ticks).normalize():f}" if ticks else "-"
