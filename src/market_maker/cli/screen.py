"""The live view of one pool in a terminal: pure functions from a ScreenFrame to what rich shows.

It fits 80 x 24; a larger window shows more orders and more fills.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from market_maker.cli.demo_summary import fee_in_words
from market_maker.risk import guards

SPARKS = "▁▂▃▄▅▆▇█"
BUY_STYLE, SELL_STYLE = "green", "red"
BAR_WIDTH = 32
STATE_STYLES = {
    "ACTIVE": "black on green",
    "PAUSED": "black on yellow",
    "HALTED": "white on red",
}
BOOK_WIDTH = 34
"""Columns of the left half."""
GUARD_NAMES = {
    guards.POSITION: "pos",
    guards.LOSS: "loss",
    guards.REJECTS: "rej",
    guards.EXCHANGE_HALT: "halt",
    guards.MARKET_DATA: "data",
    guards.DRAWDOWN: "draw",
    guards.EXPOSURE: "all",
    guards.REPEATED: "rep",
    guards.RATE_LIMIT: "rate",
    guards.CONSUMER_LAG: "lag",
    guards.CASCADE: "casc",
}
LEVELS_MIN, LEVELS_MAX = 5, 10
"""Rows of the book on each side."""
TAPE_MIN = 6
FIXED_ROWS = 8
"""Rows that hold neither book nor fills: title, market, notice, borders, the middle line."""

Status = Mapping[str, Any]


class Moment(Struct, frozen=True, gc=False):
    """One point of the history. fair: price; position: base currency."""

    fair: float
    position: float


class ScreenFrame(Struct, frozen=True):
    """One moment, as the screen shows it. status: as GET /v1/pools/{symbol}/status answers; names:
    of participants, by id; fills: as GET /v1/mm-fills/{symbol}, newest first; elapsed_s, left_s: of
    the run, left_s is None without an end; notice: what to say in the last line."""

    status: Status
    names: Mapping[str, str]
    fills: Sequence[Mapping[str, Any]]
    history: Sequence[Moment]
    elapsed_s: float
    left_s: float | None
    notice: str


def render(frame: ScreenFrame, rows: int) -> RenderableType:
    """The whole view for a window of `rows` rows."""
    levels = max(LEVELS_MIN, min(LEVELS_MAX, (rows - FIXED_ROWS - TAPE_MIN) // 2))
    tape_rows = max(TAPE_MIN, rows - FIXED_ROWS - 2 * levels)
    upper, lower = _two_columns(), _two_columns()
    upper.add_row(_book(frame, levels), Group(_quotes(frame), _inventory(frame, 2 * levels - 6)))
    lower.add_row(_tape(frame, tape_rows), _members(frame, tape_rows))
    return Group(_title(frame), _market(frame), upper, lower, _notice(frame))


def _two_columns() -> Table:
    table = Table.grid(expand=True)
    table.add_column(width=BOOK_WIDTH)
    table.add_column(ratio=1)
    return table


def _panel(content: RenderableType, title: str, height: int) -> Panel:
    return Panel(content, title=title, title_align="left", height=height, padding=(0, 1))


def _title(frame: ScreenFrame) -> Text:
    status = frame.status
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f" {status['symbol']} ", "bold reverse")
    line.append(f" {status['state']} ", STATE_STYLES.get(status["state"], ""))
    left = "" if frame.left_s is None else f", {frame.left_s:.0f} s left"
    line.append(f" {frame.elapsed_s:.0f} s{left}", "dim")
    line.append(f"  {status['failure'] or status['reason']}")
    return line


def _market(frame: ScreenFrame) -> Text:
    seen = frame.status["estimates"]
    parts = [
        f"fair {seen['fair'] or '?'}",
        f"spread {seen['spread_bps']:.2f} bps ({seen['clamp']})",
        f"shift {seen['shift_bps']:+.2f} bps",
        f"σ {seen['sigma_bps']:.1f} bps/√h",
    ]
    return Text(" " + "   ".join(parts), no_wrap=True, overflow="ellipsis")


def _book(frame: ScreenFrame, levels: int) -> Panel:
    table = Table.grid(expand=True)
    for ratio in (4, 3, 3):
        table.add_column(justify="right", ratio=ratio, no_wrap=True)
    asks = _rows(frame, "SELL", levels)
    for _ in range(levels - len(asks)):
        table.add_row("")
    for row in reversed(asks):
        table.add_row(*row)
    table.add_row(Text("spread", "dim"), Text(_gap(frame.status["book"]), "dim"))
    for row in _rows(frame, "BUY", levels):
        table.add_row(*row)
    return _panel(table, "book · ours ◀", 2 * levels + 3)


def _rows(frame: ScreenFrame, side: str, levels: int) -> list[tuple[Text, Text, Text]]:
    """Rows of one side, best first: the market's best price and the prices of our orders, with the
    size there, as far as it is known, and how much of it is ours."""
    book = frame.status["book"]
    name, style = ("best_bid", BUY_STYLE) if side == "BUY" else ("best_ask", SELL_STYLE)
    sizes: dict[Decimal, str] = {}
    if book[name] is not None:
        sizes[Decimal(book[name])] = book[f"{name}_size"]
    ours: dict[Decimal, Decimal] = {}
    for order in frame.status["orders"]:
        if order["side"] == side:
            price = Decimal(order["price"])
            ours[price] = ours.get(price, Decimal(0)) + Decimal(order["leaves"])
    rows = []
    for price in sorted({*sizes, *ours}, reverse=side == "BUY")[:levels]:
        mark = Text(f"◀ {ours[price]}", f"bold {style}") if price in ours else Text()
        rows.append((Text(f"{price:,}", style), Text(sizes.get(price, "")), mark))
    return rows


def _gap(book: Mapping[str, Any]) -> str:
    if book["best_bid"] is None or book["best_ask"] is None:
        return "no book"
    return str(Decimal(book["best_ask"]) - Decimal(book["best_bid"]))


def _quotes(frame: ScreenFrame) -> Panel:
    status = frame.status
    lines = [
        *_side("bid", status["bid"], BUY_STYLE),
        *_side("ask", status["ask"], SELL_STYLE),
        Text(" ".join(_guard(guard) for guard in status["guards"]), "dim", no_wrap=True),
    ]
    return _panel(Group(*lines), "our quotes · why · guards", 7)


def _side(name: str, side: Mapping[str, Any], style: str) -> tuple[Text, Text]:
    orders = f"{side['live_orders']} order{'' if side['live_orders'] == 1 else 's'}"
    head = Text(f"{name} {side['price'] or 'none'}  ", "dim", no_wrap=True)
    if side["quoting"]:
        head.stylize(f"bold not dim {style}")
    head.append(f"{side['size']} in {orders}", "default not bold")
    return head, Text(f"    {_why(side)}", no_wrap=True, overflow="ellipsis")


def _why(side: Mapping[str, Any]) -> str:
    return f"{side['reason']} ({side['limit']})" if side["limit"] else str(side["reason"])


def _guard(guard: Mapping[str, str]) -> str:
    name = GUARD_NAMES.get(guard["name"], guard["name"])
    threshold = Decimal(guard["threshold"])
    return f"{name} {Decimal(guard['value']) / threshold:.0%}" if threshold else name


def _inventory(frame: ScreenFrame, rows: int) -> Panel:
    """Where the pool stands against its limit; members too where there are rows for them."""
    status = frame.status
    limit = next(
        (Decimal(g["threshold"]) for g in status["guards"] if g["name"] == guards.POSITION),
        Decimal(0),
    )
    share = _limit_share(status["net_position_usdt"], limit)
    lines = [
        _bar("pool", share),
        Text(f"{_signed(status['net_position'])} = {share:+.1%} of the limit", no_wrap=True),
        Text("fair   " + spark([moment.fair for moment in frame.history], 33), "cyan"),
        Text("pos    " + spark([moment.position for moment in frame.history], 33), "magenta"),
    ]
    for member in status["members"][: rows - len(lines)]:
        weight = Decimal(member["capital_weight_pct"]) / 100
        share = _limit_share(member["position_usdt"], limit * weight)
        lines.insert(-3, _bar(_name(frame, member), share))
    return _panel(Group(*lines), "inventory against limits", rows + 2)


def _limit_share(value: str, limit: Decimal) -> float:
    return float(Decimal(value) / limit) if limit else 0.0


def _name(frame: ScreenFrame, row: Mapping[str, Any]) -> str:
    return frame.names.get(row["participant_id"], row["participant_id"])


def _bar(name: str, share: float) -> Text:
    """Short to the left, long to the right; a full half is the limit."""
    half = BAR_WIDTH // 2
    filled = min(half, max(round(abs(share) * half), 1 if share else 0))
    left = "█" * filled if share < 0 else ""
    right = "█" * filled if share > 0 else ""
    bar = Text(f"{name:<6.6} ")
    bar.append(left.rjust(half, "·"), SELL_STYLE if share < 0 else "dim")
    bar.append("|", "bold")
    bar.append(right.ljust(half, "·"), BUY_STYLE if share > 0 else "dim")
    return bar


def spark(values: Sequence[float], width: int) -> str:
    """The last `width` values as a line of blocks, between their least and their greatest."""
    shown = list(values)[-width:]
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    if low == high:
        return SPARKS[0] * len(shown)
    top = len(SPARKS) - 1
    return "".join(SPARKS[round((value - low) / (high - low) * top)] for value in shown)


def _tape(frame: ScreenFrame, rows: int) -> Panel:
    table = Table.grid(expand=True)
    table.add_column(no_wrap=True, max_width=8)
    for justify in ("left", "right", "right"):
        table.add_column(justify=justify, no_wrap=True)
    for fill in frame.fills[:rows]:
        style = BUY_STYLE if fill["side"] == "BUY" else SELL_STYLE
        table.add_row(
            Text(_name(frame, fill), overflow="ellipsis"),
            Text(fill["side"], style),
            fill["size"],
            f"{Decimal(fill['price']):,}",
        )
    return _panel(table, "fills · newest first", rows + 2)


def _members(frame: ScreenFrame, rows: int) -> Panel:
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, max_width=7)
    for _ in range(5):
        table.add_column(justify="right", no_wrap=True)
    heads = ("pos", "real", "unreal", "fees", "net")
    table.add_row(*(Text(name, "dim") for name in ("", *heads)))
    for member in frame.status["members"]:
        name = Text(_name(frame, member), overflow="ellipsis")
        table.add_row(name, *_money_row(member["position"], member["pnl"]))
    status = frame.status
    pnl = {
        name: sum(Decimal(member["pnl"][name]) for member in status["members"])
        for name in ("realised", "unrealised", "fees", "net")
    }
    table.add_row(Text("pool", "bold"), *_money_row(status["net_position"], pnl))
    return _panel(table, "PnL, USDT", rows + 2)


def _money_row(position: str, pnl: Mapping[str, Any]) -> list[Text]:
    net = Decimal(pnl["net"])
    return [
        Text(_signed(position)),
        Text(f"{Decimal(pnl['realised']):+.2f}"),
        Text(f"{Decimal(pnl['unrealised']):+.2f}"),
        Text(fee_in_words(Decimal(pnl["fees"]))),
        Text(f"{net:+.2f}", BUY_STYLE if net >= 0 else SELL_STYLE),
    ]


def _notice(frame: ScreenFrame) -> Text:
    return Text(" " + frame.notice, "dim", no_wrap=True, overflow="ellipsis")


def line(frame: ScreenFrame) -> str:
    """The view as one line, for a log."""
    status = frame.status
    fields = [
        f"{frame.elapsed_s:6.1f}s",
        status["state"],
        f"fair {status['estimates']['fair'] or '?'}",
        f"bid {_quoted(status['bid'])}",
        f"ask {_quoted(status['ask'])}",
        f"spread {status['estimates']['spread_bps']:.1f}bps",
        f"pos {_signed(status['net_position'])}",
        f"net {Decimal(status['pnl']['net']):+.2f}",
        f"orders {status['open_orders']}",
    ]
    return "  ".join(fields)


def _quoted(side: Mapping[str, Any]) -> str:
    return f"{side['price'] or 'none'} ({_why(side)})"


def _signed(quantity: str) -> str:
    return f"{Decimal(quantity):+}"
