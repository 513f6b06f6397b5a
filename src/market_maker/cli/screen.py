"""The live view of one pool in a terminal: pure functions from a Frame to something rich shows.

It fits 80 x 24; a larger window shows more levels of the book and more fills.
"""

from collections.abc import Sequence
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
}
FIXED_ROWS = 24 - 2 * 5
"""Rows of the smallest window that do not hold book levels."""
LEVELS_MIN, LEVELS_MAX = 5, 10


class Frame(Struct, frozen=True):
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


def render(frame: Frame, rows: int) -> RenderableType:
    """The whole view for a window of `rows` rows."""
    levels = max(LEVELS_MIN, min(LEVELS_MAX, (rows - FIXED_ROWS) // 2))
    tape_rows = max(5, rows - FIXED_ROWS - 2 * levels + 5)
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


def _title(frame: Frame) -> Text:
    engine = frame.engine
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f" {engine.symbol} ", "bold reverse")
    line.append(f" {engine.state} ", STATE_STYLES[engine.state])
    left = "" if frame.left is None else f", {frame.left // NANOS_PER_SECOND} s left"
    line.append(f" {frame.elapsed // NANOS_PER_SECOND} s{left}", "dim")
    if engine.state_reason:
        line.append(f"  {engine.state_reason}")
    return line


def _market(frame: Frame) -> Text:
    engine = frame.engine
    parts = [
        "fair " + _price_of(frame.instrument, engine.fair_ticks),
        f"spread {engine.spread_bps:.2f} bps ({engine.clamp})",
        f"shift {engine.shift_bps:+.2f} bps",
        f"σ {engine.sigma_bps:.1f} bps/√h",
    ]
    return Text(" " + "   ".join(parts), no_wrap=True, overflow="ellipsis")


def _book(frame: Frame, levels: int) -> Panel:
    table = Table.grid(expand=True)
    table.add_column(justify="right", ratio=4)
    table.add_column(justify="right", ratio=3)
    table.add_column(justify="right", ratio=3)
    own = _own_sizes(frame.engine)
    asks = list(frame.asks[:levels])
    for _ in range(levels - len(asks)):
        table.add_row("")
    for price, size in reversed(asks):
        table.add_row(
            *_level(frame.instrument, price, size, own.get((Side.SELL, price)), Side.SELL)
        )
    table.add_row(Text(_gap(frame), "dim"))
    for price, size in frame.bids[:levels]:
        table.add_row(*_level(frame.instrument, price, size, own.get((Side.BUY, price)), Side.BUY))
    return _panel(table, "book · price, size, ours", 2 * levels + 3)


def _own_sizes(engine: EngineSnapshot) -> dict[tuple[Side, int], int]:
    sizes: dict[tuple[Side, int], int] = {}
    for order in engine.orders:
        key = (order.side, int(order.price))
        sizes[key] = sizes.get(key, 0) + order.leaves
    return sizes


def _level(
    instrument: Instrument, price: int, size: int, own: int | None, side: Side
) -> tuple[Text, Text, Text]:
    style = BUY_STYLE if side is Side.BUY else SELL_STYLE
    mark = Text(f"◀ {_quantity(instrument, own)}", f"bold {style}") if own else Text("")
    return Text(f"{instrument.price(price):,}", style), Text(_quantity(instrument, size)), mark


def _gap(frame: Frame) -> str:
    if not frame.bids or not frame.asks:
        return "no book"
    return f"spread {frame.asks[0][0] - frame.bids[0][0]} ticks"


def _quotes(frame: Frame) -> Panel:
    engine = frame.engine
    lines = [
        *_side("bid", frame.instrument, engine.bid, BUY_STYLE),
        *_side("ask", frame.instrument, engine.ask, SELL_STYLE),
        Text("guards " + "  ".join(_guard(guard) for guard in engine.guards), "dim", no_wrap=True),
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


def _inventory(frame: Frame, rows: int) -> Panel:
    engine = frame.engine
    share = _limit_share(frame)
    lines = [
        _bar(share, 34),
        Text(
            f"{_signed(frame.instrument.quantity(engine.position))} = {share:+.1%} of the limit",
            no_wrap=True,
        ),
        Text("fair " + spark([moment.fair_ticks for moment in frame.history], 32), "cyan"),
        Text("pos  " + spark([moment.position for moment in frame.history], 32), "magenta"),
    ]
    return _panel(Group(*lines), "inventory", max(6, rows + 4))


def _limit_share(frame: Frame) -> float:
    engine = frame.engine
    value = float(frame.instrument.notional(1, engine.position)) * engine.fair_ticks
    return value / float(frame.config.max_pool_position_usdt)


def _bar(share: float, width: int) -> Text:
    half = width // 2
    filled = min(half, round(abs(share) * half))
    filled = max(filled, 1) if share else filled
    left = "█" * filled if share < 0 else ""
    right = "█" * filled if share > 0 else ""
    bar = Text("[" + left.rjust(half, "·"), SELL_STYLE if share < 0 else "dim")
    bar.append("|", "bold")
    bar.append(right.ljust(half, "·") + "]", BUY_STYLE if share > 0 else "dim")
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


def _tape(frame: Frame, rows: int) -> Panel:
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


def _members(frame: Frame, rows: int) -> Panel:
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


def _notice(frame: Frame) -> Text:
    return Text(" " + frame.notice, "dim", no_wrap=True, overflow="ellipsis")


def line(frame: Frame) -> str:
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
