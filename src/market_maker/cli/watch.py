"""A pool's status as the REST API gives it: a table in a terminal, else a line now and then."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TextIO

from msgspec import Struct
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

TABLE_S = 0.5
LINE_S = 5.0


class Watch(Struct, frozen=True):
    """show: puts a status where people see it, to be called every interval_s."""

    interval_s: float
    show: Callable[[dict[str, Any]], None]
    close: Callable[[], None]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def watch_for(out: TextIO) -> Watch:
    """A table where there is a terminal, else lines."""
    console = Console(file=out)
    if not console.is_terminal or console.is_dumb_terminal:
        return Watch(LINE_S, lambda status: print(line(status), file=out, flush=True), _nothing)
    live = Live(console=console, auto_refresh=False)
    live.start()

    def show(status: dict[str, Any]) -> None:
        live.update(Group(line(status), table(status)), refresh=True)

    return Watch(TABLE_S, show, live.stop)


def _nothing() -> None:
    pass


def line(status: dict[str, Any]) -> str:
    """The pool on one line."""
    net, position = status["pnl"]["net"], status["net_position"]
    return (
        f"{status['symbol']} {status['state']}  bid {_side(status['bid'])}  "
        f"ask {_side(status['ask'])}  open {status['open_orders']}  position {position}  "
        f"net {_money(net)} USDT  fills {status['counters']['fills']}"
    )


def table(status: dict[str, Any]) -> Table:
    """A row for each member."""
    shown = Table()
    for name in ("member", "weight", "open", "unknown", "position", "net USDT", "stopped"):
        shown.add_column(name, justify="left" if name in {"member", "stopped"} else "right")
    for member in status["members"]:
        shown.add_row(
            member["participant_id"],
            f"{member['capital_weight_pct']} %",
            str(member["open_orders"]),
            str(member["unknown_orders"]),
            member["position"],
            _money(member["pnl"]["net"]),
            member["stopped"],
        )
    return shown


def _side(side: dict[str, Any]) -> str:
    return f"{side['price'] or '-'} ({side['reason']})"


def _money(amount: str) -> str:
    whole, _, decimals = amount.partition(".")
    return f"{whole}.{(decimals + '00')[:2]}"
