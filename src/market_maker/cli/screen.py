"""The live view of one pool in a terminal: pure functions from a ScreenFrame to what rich shows.

It fits 80 x 24; a larger window shows more levels of the book and more fills.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from msgspec import Struct
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.model.actions import RecordFill
from market_maker.model.events import Levels
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.pool import PoolConfig
from market_maker.model.quotes import SideStatus
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.risk import guards
from market_maker.risk.guards import Guard
from market_maker.service.summary import Money, member_money, pool_money
from market_maker.service.tally import Moment

SPARKS = "▁▂▃▄▅▆▇█"
BUY_STYLE, SELL_STYLE = "green", "red"
BAR_WIDTH = 32
STATE_STYLES = {
    PoolState.ACTIVE: "black on green",
    PoolState.PAUSED: "black on yellow",
    PoolState.HALTED: "white on red",
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
DEPTH = 400
"""Levels of the book from which the rows are grouped."""


class ScreenFrame(Struct, frozen=True):
    """One moment, as the screen shows it. bids and asks: the venue's book with our orders in
    it; tape: oldest first; elapsed, left: of the run, left is None without an end; notice: what
    to say in the last line."""

    instrument: Instrument
    config: PoolConfig
    engine: EngineSnapshot
    bids: Levels
    asks: Levels
    tape: Sequence[RecordFill]
    history: Sequence[Moment]
    elapsed: Nanos
    left: Nanos | None
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
    engine = frame.engine
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f" {engine.symbol} ", "bold reverse")
    line.append(f" {engine.state} ", STATE_STYLES[engine.state])
    left = "" if frame.left is None else f", {frame.left // NANOS_PER_SECOND} s left"
    line.append(f" {frame.elapsed // NANOS_PER_SECOND} s{left}", "dim")
    if engine.state_reason:
        line.append(f"  {engine.state_reason}")
    return line


def _market(frame: ScreenFrame) -> Text:
    engine = frame.engine
    parts = [
        "fair " + _price_of(frame.instrument, engine.fair_ticks),
        f"spread {engine.spread_bps:.2f} bps ({engine.clamp})",
        f"shift {engine.shift_bps:+.2f} bps",
        f"σ {engine.sigma_bps:.1f} bps/√h",
    ]
    return Text(" " + "   ".join(parts), no_wrap=True, overflow="ellipsis")


def _book(frame: ScreenFrame, levels: int) -> Panel:
    table = Table.grid(expand=True)
    for ratio in (4, 3, 3):
        table.add_column(justify="right", ratio=ratio, no_wrap=True)
    step = grouping(frame, levels)
    asks = _rows(frame, Side.SELL, step, levels)
    for _ in range(levels - len(asks)):
        table.add_row("")
    for row in reversed(asks):
        table.add_row(*row)
    table.add_row(Text("spread", "dim"), Text(_gap(frame), "dim"))
    for row in _rows(frame, Side.BUY, step, levels):
        table.add_row(*row)
    by = "" if step == 1 else f" · by {frame.instrument.price(step)}"
    return _panel(table, f"book{by} · ours ◀", 2 * levels + 3)


def grouping(frame: ScreenFrame, levels: int) -> int:
    """Ticks in one row of the book: 1, 2 or 5 times a power of ten, the least with which `levels`
    rows reach from the best price of each side to the last of our own orders there."""
    reach = 0
    if frame.bids and frame.asks:
        for order in frame.engine.orders:
            best = frame.bids[0][0] if order.side is Side.BUY else frame.asks[0][0]
            reach = max(reach, (best - order.price) * order.side.sign)
    # Rows stand on round prices, so the first may hold a single tick of its step.
    return next(step for step in _round_steps() if step * (levels - 1) > reach or step == 1 > reach)


def _round_steps() -> Iterator[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def _rows(frame: ScreenFrame, side: Side, step: int, levels: int) -> list[tuple[Text, Text, Text]]:
    """Rows of one side, best first: round price, size there, and how much of it is ours."""
    book = frame.bids if side is Side.BUY else frame.asks
    own = [(o.price, o.leaves) for o in frame.engine.orders if o.side is side]
    sizes, ours = _grouped(book, side, step), _grouped(own, side, step)
    style = BUY_STYLE if side is Side.BUY else SELL_STYLE
    rows = []
    for price in sorted({*sizes, *ours}, reverse=side is Side.BUY)[:levels]:
        mine = ours.get(price)
        mark = Text(f"◀ {_quantity(frame.instrument, mine)}", f"bold {style}") if mine else Text()
        shown = Text(f"{frame.instrument.price(price):,}", style)
        rows.append((shown, Text(_quantity(frame.instrument, sizes.get(price, 0))), mark))
    return rows


def _grouped(levels: Iterable[tuple[int, int]], side: Side, step: int) -> dict[int, int]:
    """Sizes by round price, away from the other side: bids down, asks up."""
    sizes: dict[int, int] = {}
    for price, size in levels:
        key = -(-price // step) * step if side is Side.SELL else price // step * step
        sizes[key] = sizes.get(key, 0) + size
    return sizes


def _gap(frame: ScreenFrame) -> str:
    if not frame.bids or not frame.asks:
        return "no book"
    return f"{frame.instrument.price(frame.asks[0][0] - frame.bids[0][0])}"


def _quotes(frame: ScreenFrame) -> Panel:
    engine = frame.engine
    lines = [
        *_side("bid", frame.instrument, engine.bid, BUY_STYLE),
        *_side("ask", frame.instrument, engine.ask, SELL_STYLE),
        Text(" ".join(_guard(guard) for guard in engine.guards), "dim", no_wrap=True),
    ]
    return _panel(Group(*lines), "our quotes · why · guards", 7)


def _side(name: str, instrument: Instrument, side: SideStatus, style: str) -> tuple[Text, Text]:
    orders = f"{side.live_orders} order{'' if side.live_orders == 1 else 's'}"
    best = "none" if side.price is None else f"{instrument.price(side.price):,}"
    head = Text(f"{name} {best}  ", f"bold {style}" if side.quoting else "dim", no_wrap=True)
    head.append(f"{_quantity(instrument, side.size)} in {orders}", "default not bold")
    return head, Text(f"    {side.reason}", no_wrap=True, overflow="ellipsis")


def _guard(guard: Guard) -> str:
    name = GUARD_NAMES.get(guard.name, guard.name)
    return f"{name} {guard.value / guard.threshold:.0%}" if guard.threshold else name


def _inventory(frame: ScreenFrame, rows: int) -> Panel:
    """Where we stand against the limits; each member too where there are rows for it."""
    config, engine = frame.config, frame.engine
    share = _limit_share(frame, engine.position, config.max_pool_position_usdt)
    held = _signed(frame.instrument.quantity(engine.position))
    lines = [
        _bar("pool", share),
        Text(f"{held} = {share:+.1%} of the limit", no_wrap=True),
        Text("fair   " + spark([moment.fair_ticks for moment in frame.history], 33), "cyan"),
        Text("pos    " + spark([moment.position for moment in frame.history], 33), "magenta"),
    ]
    limits = {member.participant_id: member.position_limit_usdt for member in config.members}
    for member in engine.members[: rows - len(lines)]:
        limit = limits[member.participant_id]
        share = _limit_share(frame, member.position, limit)
        lines.insert(-3, _bar(member.participant_id, share))
    return _panel(Group(*lines), "inventory against limits", rows + 2)


def _limit_share(frame: ScreenFrame, lots: int, limit: Decimal) -> float:
    value = float(frame.instrument.notional(1, lots)) * frame.engine.fair_ticks
    return value / float(limit)


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
    for justify in ("left", "left", "right", "right"):
        table.add_column(justify=justify, no_wrap=True)
    for fill in list(frame.tape)[: -rows - 1 : -1]:
        style = BUY_STYLE if fill.side is Side.BUY else SELL_STYLE
        table.add_row(
            Text(fill.member, overflow="ellipsis"),
            Text(fill.side, style),
            _quantity(frame.instrument, fill.size),
            f"{frame.instrument.price(fill.price):,}",
        )
    return _panel(table, "fills · newest first", rows + 2)


def _members(frame: ScreenFrame, rows: int) -> Panel:
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    for _ in range(5):
        table.add_column(justify="right", no_wrap=True)
    heads = ("pos", "real", "unreal", "fees", "net")
    table.add_row(*(Text(name, "dim") for name in ("", *heads)))
    for member in frame.engine.members:
        money = member_money(frame.instrument, member)
        name = Text(member.participant_id, overflow="ellipsis")
        table.add_row(name, *_money_row(frame.instrument, member.position, money))
    money = pool_money(frame.instrument, frame.engine)
    row = _money_row(frame.instrument, frame.engine.position, money)
    table.add_row(Text("pool", "bold"), *row)
    return _panel(table, "PnL, USDT", rows + 2)


def _money_row(instrument: Instrument, position: int, money: Money) -> list[Text]:
    return [
        Text(_signed(instrument.quantity(position))),
        Text(f"{money.realised:+.2f}"),
        Text(f"{money.unrealised:+.2f}"),
        Text(f"{money.fees:.2f}"),
        Text(f"{money.net:+.2f}", BUY_STYLE if money.net >= 0 else SELL_STYLE),
    ]


def _notice(frame: ScreenFrame) -> Text:
    return Text(" " + frame.notice, "dim", no_wrap=True, overflow="ellipsis")


def line(frame: ScreenFrame) -> str:
    """The view as one line, for a log."""
    engine, instrument = frame.engine, frame.instrument
    fields = [
        f"{frame.elapsed / NANOS_PER_SECOND:6.1f}s",
        str(engine.state),
        "fair " + _price_of(instrument, engine.fair_ticks),
        f"bid {_quoted(instrument, engine.bid)}",
        f"ask {_quoted(instrument, engine.ask)}",
        f"spread {engine.spread_bps:.1f}bps",
        f"pos {_signed(instrument.quantity(engine.position))}",
        f"net {instrument.money(engine.net):+.2f}",
        f"orders {len(engine.orders)}",
    ]
    return "  ".join(fields)


def _quoted(instrument: Instrument, side: SideStatus) -> str:
    if side.price is None:
        return f"none ({side.reason})"
    return f"{instrument.price(side.price)} ({side.reason})"


def _price_of(instrument: Instrument, ticks: float) -> str:
    if not ticks:
        return "?"
    # Fair prices lie between ticks: one digit more than the instrument's own.
    digits = max(0, -_exponent(instrument.tick_size)) + 1
    return f"{ticks * float(instrument.tick_size):,.{digits}f}"


def _exponent(size: Decimal) -> int:
    exponent = size.normalize().as_tuple().exponent
    assert isinstance(exponent, int), size
    return exponent


def _quantity(instrument: Instrument, lots: int) -> str:
    return str(instrument.quantity(lots))


def _signed(quantity: Decimal) -> str:
    return f"{quantity:+}"
