"""What a demo came to, out of the REST API's answers, with the checks that it adds up."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from market_maker.cli.tour import is_gone

SIDES = ("bid", "ask")


class Money(Struct, frozen=True):
    """PnL in quote currency, exact. net = realised + unrealised - fees + funding; a fee below 0 is
    a rebate received."""

    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    funding: Decimal
    net: Decimal


class MemberSummary(Struct, frozen=True):
    """One member's part. volume: quote currency; position: base currency."""

    participant_id: str
    name: str
    weight_pct: Decimal
    fills: int
    volume: Decimal
    position: Decimal
    pnl: Money


class Checks(Struct, frozen=True):
    """Whether it adds up: members to the pool, recorded fills to positions, and the ledger to the
    fills."""

    members_sum_to_pool: bool
    fills_sum_to_positions: bool
    ledger_follows_from_fills: bool

    @property
    def all_hold(self) -> bool:
        """Whether nothing is wrong."""
        fills, ledger = self.fills_sum_to_positions, self.ledger_follows_from_fills
        return self.members_sum_to_pool and fills and ledger


class DemoSummary(Struct, frozen=True):
    """A whole run. quoting_uptime: share of the samples of the pool that found it ACTIVE with both
    sides on the book; reasons: shares of those samples by side and reason. open_orders: the venue's
    count at the end, None when it did not answer. failure: why the engine crashed, None when it
    did not. seed: of the market."""

    symbol: str
    seed: int
    duration_s: float
    turns: int
    fills: int
    volume: Decimal
    position: Decimal
    max_abs_position: Decimal
    pnl: Money
    members: tuple[MemberSummary, ...]
    orders_placed: int
    orders_cancelled: int
    rejects: int
    post_only_rejects: int
    quoting_uptime: float
    reasons: dict[str, dict[str, float]]
    state: str
    state_reason: str
    open_orders: int | None
    failure: str | None
    checks: Checks

    @property
    def clean(self) -> bool:
        """Whether the run ended as it should: nothing crashed, nothing is left, it adds up."""
        return self.failure is None and self.open_orders == 0 and self.checks.all_hold


class ScreenReadings:
    """Counts what each status says: how often both sides quoted, and why not."""

    def __init__(self) -> None:
        self.active = self.quoting = 0
        self.reasons: Counter[tuple[str, str]] = Counter()
        self.worst_position = Decimal(0)

    def add(self, status: Mapping[str, Any]) -> None:
        """Take in one."""
        self.worst_position = max(self.worst_position, abs(Decimal(status["net_position"])))
        if status["state"] != "ACTIVE":
            return
        self.active += 1
        self.quoting += all(status[side]["quoting"] for side in SIDES)
        for side in SIDES:
            self.reasons[side, status[side]["reason"]] += 1

    def share(self, count: int) -> float:
        """Of the samples of an active pool."""
        return round(count / self.active, 6) if self.active else 0.0

    def shares(self, side: str) -> dict[str, float]:
        """By reason, the most frequent first."""
        return {
            reason: self.share(count)
            for (where, reason), count in self.reasons.most_common()
            if where == side
        }


class MemberFills:
    """Fills folded by participant: how many, their value, and what they left."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.volume: dict[str, Decimal] = {}
        self.position: dict[str, Decimal] = {}

    def add(self, fill: Mapping[str, Any]) -> None:
        """Count one fill, as GET /v1/mm-fills returns it."""
        name, size = fill["participant_id"], Decimal(fill["size"])
        signed = size if fill["side"] == "BUY" else -size
        self.count[name] += 1
        self.volume[name] = self.volume.get(name, Decimal(0)) + Decimal(fill["value"])
        self.position[name] = self.position.get(name, Decimal(0)) + signed


class DemoEnd(Struct, frozen=True):
    """What is known only at the end."""

    seed: int
    duration_s: float
    names: Mapping[str, str]
    ledger_holds: bool


def summarise(
    status: Mapping[str, Any], readings: ScreenReadings, fills: MemberFills, end: DemoEnd
) -> DemoSummary:
    """Put a run together. status: the last one."""
    members = tuple(_member(member, fills, end.names) for member in status["members"])
    counters = status["counters"]
    return DemoSummary(
        symbol=status["symbol"],
        seed=end.seed,
        duration_s=round(end.duration_s, 3),
        turns=counters["turns"],
        fills=fills.count.total(),
        volume=sum(fills.volume.values(), Decimal(0)),
        position=Decimal(status["net_position"]),
        max_abs_position=readings.worst_position,
        pnl=_sum(member.pnl for member in members),
        members=members,
        orders_placed=counters["placed"],
        orders_cancelled=counters["cancels"],
        rejects=counters["rejects"],
        post_only_rejects=counters["post_only_rejects"],
        quoting_uptime=readings.share(readings.quoting),
        reasons={side: readings.shares(side) for side in SIDES},
        state=status["state"],
        state_reason=status["reason"],
        open_orders=status["open_orders"] if is_gone(status) else _open_orders(status),
        failure=status["failure"],
        checks=_checks(status, members, fills, ledger_holds=end.ledger_holds),
    )


def _open_orders(status: Mapping[str, Any]) -> int | None:
    return None if status["cancel_unconfirmed"] else status["open_orders"]


def _checks(
    status: Mapping[str, Any],
    members: Sequence[MemberSummary],
    fills: MemberFills,
    *,
    ledger_holds: bool,
) -> Checks:
    nothing = Decimal(0)
    return Checks(
        members_sum_to_pool=sum(member.position for member in members)
        == Decimal(status["net_position"])
        and sum(member.pnl.net for member in members) == Decimal(status["pnl"]["net"]),
        fills_sum_to_positions=all(
            member.position == fills.position.get(member.participant_id, nothing)
            for member in members
        ),
        ledger_follows_from_fills=ledger_holds,
    )


def _member(
    member: Mapping[str, Any], fills: MemberFills, names: Mapping[str, str]
) -> MemberSummary:
    participant = member["participant_id"]
    return MemberSummary(
        participant_id=participant,
        name=names.get(participant, participant),
        weight_pct=Decimal(member["capital_weight_pct"]),
        fills=fills.count[participant],
        volume=fills.volume.get(participant, Decimal(0)),
        position=Decimal(member["position"]),
        pnl=money_of(member["pnl"]),
    )


def money_of(pnl: Mapping[str, str]) -> Money:
    """As the API writes it."""
    return Money(**{name: Decimal(pnl[name]) for name in Money.__struct_fields__})


def _sum(parts: Iterable[Money]) -> Money:
    """The pool as the sum of its members, column by column: what is realised depends on who closes
    what, so the columns of the pool's own average cost would be others; the net is the same."""
    listed = list(parts)
    return Money(
        **{
            name: sum((getattr(part, name) for part in listed), Decimal(0))
            for name in Money.__struct_fields__
        }
    )


def report(summary: DemoSummary) -> str:
    """The summary for people."""
    lines = [
        f"{summary.symbol}  {summary.duration_s:.1f} s  market seed {summary.seed}",
        f"fills {summary.fills}  volume {summary.volume:,.2f} USDT  turns {summary.turns}",
        f"orders placed {summary.orders_placed}  cancels {summary.orders_cancelled}",
        f"refused {summary.rejects}  refused as post-only {summary.post_only_rejects}",
        f"quoting both sides {summary.quoting_uptime:.1%} of the time",
    ]
    for side, reasons in summary.reasons.items():
        shares = ", ".join(f"{reason} {share:.1%}" for reason, share in reasons.items())
        lines.append(f"  {side}: {shares}")
    heads = ("position", "realised", "unrealised", "fees", "net")
    lines += ["", _row("", heads)]
    lines += [
        _money_line(f"{member.name} {member.weight_pct}%", member.position, member.pnl)
        for member in summary.members
    ]
    lines += [_money_line("pool", summary.position, summary.pnl), "", _proof(summary)]
    return "\n".join(lines)


def fee_in_words(fees: Decimal) -> str:
    """Who paid whom: fees below 0 are rebates received."""
    return f"{'rebate' if fees < 0 else 'fee'} {abs(fees):,.2f}"


def _row(name: str, cells: Iterable[str]) -> str:
    return f"{name:<22}" + "".join(f"{cell:>13}" for cell in cells)


def _money_line(name: str, position: Decimal, money: Money) -> str:
    amounts = (f"{money.realised:+,.4f}", f"{money.unrealised:+,.4f}")
    return _row(name, [f"{position:+}", *amounts, fee_in_words(money.fees), f"{money.net:+,.4f}"])


def _proof(summary: DemoSummary) -> str:
    if summary.failure is not None:
        return f"THE ENGINE CRASHED: {summary.failure}; open orders {summary.open_orders}"
    if summary.open_orders is None:
        return "OPEN ORDERS UNKNOWN: the venue does not answer"
    if summary.open_orders:
        return f"{summary.open_orders} ORDERS STILL OPEN on the venue"
    if not summary.checks.all_hold:
        return f"THE BOOKS DO NOT AGREE: {summary.checks}"
    return (
        "the venue says 0 orders open; members add up to the pool, fills to positions, and the "
        "ledger to the fills"
    )
