"""A pool's status as the REST API returns it: a table in a terminal, else a line now and then."""

from collections.abc import Mapping
from typing import Any, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from market_maker.cli.display import Display
from market_maker.cli.tour import money

TABLE_S = 0.5
LINE_S = 5.0


def watch_for(out: TextIO, names: Mapping[str, str]) -> Display[dict[str, Any]]:
    """A table where there is a terminal, else lines. names: of participants, by id."""
    console = Console(file=out)
    if not console.is_terminal or console.is_dumb_terminal:
        return Display(LINE_S, lambda status: print(line(status), file=out, flush=True), _nothing)
    live = Live(console=console, auto_refresh=False)
    live.start()

    def show(status: dict[str, Any]) -> None:
        live.update(Group(block(status), table(status, names)), refresh=True)

    return Display(TABLE_S, show, live.stop)


def _nothing() -> None:
    pass


def line(status: dict[str, Any]) -> str:
    """The pool on one line, for a log."""
    return f"{_head(status)}  {_quote(status, 'bid')}  {_quote(status, 'ask')}"


def block(status: dict[str, Any]) -> Text:
    """The pool on three lines, each cut to the window."""
    lines = (_head(status), _quote(status, "bid"), _quote(status, "ask"))
    return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def _head(status: dict[str, Any]) -> str:
    net, position = status["pnl"]["net"], status["net_position"]
    return (
        f"{status['symbol']} {status['state']}  open {status['open_orders']}  "
        f"position {position}  net {money(net)} USDT  fills {status['counters']['fills']}"
    )


def table(status: dict[str, Any], names: Mapping[str, str]) -> Table:
    """A row for each member, by name."""
    shown = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("member", "weight", "open", "unknown", "position", "net USDT", "stopped"):
        shown.add_column(name, justify="left" if name in {"member", "stopped"} else "right")
    for member in status["members"]:
        shown.add_row(
            names.get(member["participant_id"], member["participant_id"]),
            f"{member['capital_weight_pct']} %",
            str(member["open_orders"]),
            str(member["unknown_orders"]),
            member["position"],
            money(member["pnl"]["net"]),
            member["stopped"],
        )
    return shown


def _quote(status: dict[str, Any], name: str) -> str:
    side = status[name]
    return f"{name} {side['price'] or '-'} ({side['reason']})"
