"""What the live stream says, as a table in a terminal or as lines of a log."""

from typing import Any

from msgspec import Struct
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from market_maker.cli import watch
from market_maker.cli.stream_reader import StreamEvent
from market_maker.cli.tour import money
from market_maker.model.units import NANOS_PER_SECOND, Nanos

STALE_AFTER_S = 2.0
MOVES_SHOWN = 5
NARROW = 90
"""Columns of a terminal; one that has fewer shows less of each pool, and that whole: its name, its
state and why come first."""
WIDE_ONLY = ("quoting", "position USDT")
STATES = {"ACTIVE": "●", "PAUSED": "❚❚", "HALTED": "■", "NOT_RUNNING": "○"}
STYLES = {"ACTIVE": "green", "PAUSED": "yellow", "HALTED": "bold red"}
_WORST_FIRST = ("HALTED", "PAUSED", "ACTIVE", "NOT_RUNNING")


class WatchBoard(Struct):
    """What the stream has sent so far. symbols: those to show, all where empty. at: when the last
    event came, None before any; problem: why there is no connection, empty while there is one."""

    symbols: tuple[str, ...] = ()
    glance: dict[str, Any] | None = None
    pools: dict[str, dict[str, Any]] = {}
    alerts: list[dict[str, Any]] = []
    moves: list[dict[str, Any]] = []
    at: Nanos | None = None
    problem: str = "connecting"

    def take(self, event: StreamEvent, now: Nanos) -> None:
        """One event of the stream."""
        if event.kind == "lost":
            self.problem = event.data
            return
        self.at, self.problem = now, ""
        match event.kind:
            case "glance":
                self.glance = event.data
            case "pool":
                self.pools[event.data["symbol"]] = event.data
            case "alerts":
                self.alerts = event.data["items"]
            case "state":
                self.moves = [event.data, *self.moves][:MOVES_SHOWN]
            case _:
                pass

    def rows(self) -> list[dict[str, Any]]:
        """Of the pools that are shown, worst first."""
        pools = [] if self.glance is None else self.glance["pools"]
        wanted = [each for each in pools if not self.symbols or each["symbol"] in self.symbols]
        return sorted(wanted, key=lambda row: (_WORST_FIRST.index(row["state"]), row["symbol"]))

    def freshness(self, now: Nanos) -> str:
        """Whether the numbers are of now, in words."""
        if self.at is None:
            return f"NO DATA: {self.problem}"
        age = (now - self.at) / NANOS_PER_SECOND
        if self.problem:
            return f"OLD DATA, {age:.0f} s: {self.problem}; connecting again"
        return f"OLD DATA, {age:.0f} s: nothing received" if age > STALE_AFTER_S else "live"


def is_live(picture: WatchBoard, now: Nanos) -> bool:
    """Whether every number is of now."""
    return picture.freshness(now) == "live"


def drawn(picture: WatchBoard, now: Nanos, clock: str) -> RenderableType:
    """The whole screen. clock: the time, in words."""
    live = is_live(picture, now)
    style = "green" if live else "bold yellow"
    head = Text.assemble((picture.freshness(now), style), f"  {clock}  {_totals(picture)}")
    parts: list[RenderableType] = [head, _PoolTable(picture, live)]
    for symbol in picture.symbols:
        if symbol in picture.pools:
            status = picture.pools[symbol]
            parts += [Text(""), watch.block(status), watch.table(status, {})]
    parts += [Text(alert_line(each), style="bold red") for each in picture.alerts]
    parts += [Text(move_line(each)) for each in picture.moves]
    return Group(*parts)


def line(picture: WatchBoard, now: Nanos, clock: str) -> str:
    """The same on one line, for a log."""
    states = " ".join(f"{row['symbol']}={row['state']}" for row in picture.rows())
    return f"{clock} {picture.freshness(now)}  {_totals(picture)}  {states}"


def alert_line(alert: dict[str, Any]) -> str:
    """One alert that holds."""
    where = alert["symbol"] or "service"
    taken = f" (taken by {alert['acknowledged_by']})" if alert["acknowledged_by"] else ""
    return f"! {alert['severity']} {where}: {alert['title']}, {alert['text']}{taken}"


def move_line(move: dict[str, Any]) -> str:
    """A pool that moved to another state."""
    return f"{move['ts'][11:19]} {move['symbol']} is {move['state']}: {move['reason']}"


def _totals(picture: WatchBoard) -> str:
    rows = picture.rows()
    orders = sum(row["open_orders"] for row in rows)
    unknown = sum(row["unknown_orders"] for row in rows)
    counts = [f"{mark} {_count(rows, state)} {state}" for state, mark in STATES.items()]
    return f"{'  '.join(counts)}  orders {orders}  unknown {unknown}  alerts {len(picture.alerts)}"


def _count(rows: list[dict[str, Any]], state: str) -> int:
    return sum(row["state"] == state for row in rows)


class _PoolTable(Struct, frozen=True):
    """All pools, in as many columns as there is room for."""

    picture: WatchBoard
    live: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = [_cells(row) for row in self.picture.rows()]
        names = ["pool", "state", "quoting", "why", "orders", "position USDT", "net USDT"]
        if options.max_width < NARROW:
            names = [name for name in names if name not in WIDE_ONLY]
        shown = Table(box=None, padding=(0, 2, 0, 0), style="" if self.live else "dim")
        for name in names:
            right = name in {"orders", "position USDT", "net USDT"}
            shown.add_column(name, justify="right" if right else "left", no_wrap=name != "why")
        for cells in rows:
            shown.add_row(*(cells[name] for name in names))
        yield shown


def _cells(row: dict[str, Any]) -> dict[str, RenderableType]:
    state = row["state"]
    return {
        "pool": row["symbol"],
        "state": Text(f"{STATES[state]} {state}", style=STYLES.get(state, "")),
        "quoting": "yes" if row["quoting"] else "no",
        "why": row["failure"] or row["reason"],
        "orders": str(row["open_orders"]),
        "position USDT": _money(row["net_position_usdt"]),
        "net USDT": _money(row["net_pnl_usdt"]),
    }


def _money(text: str | None) -> str:
    return "–" if text is None else money(text)
