"""What tests are made of: complete, valid, and of one's own where a test cares.

Numbers become decimals where a field is one.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from market_maker.model.lifecycle import PoolState
from market_maker.model.money import (
    EntryKind,
    FillMarks,
    FundingRecord,
    LedgerEntry,
    PresenceRecord,
)
from market_maker.model.orders import Side
from market_maker.model.participant import (
    Enrolment,
    Participant,
    ParticipantStatus,
    RevenueModel,
    Tier,
)
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.records import (
    AuditRecord,
    FillRecord,
    KeyRecord,
    OrderRecord,
    OrderStatus,
    OutboxRecord,
    StateRecord,
)
from market_maker.model.units import (
    NANOS_PER_HOUR,
    Lots,
    Nanos,
    OrderId,
    ParticipantId,
    Ticks,
    Value,
)
from market_maker.ports import Unit

SYMBOL = "BTCUSDT-PERP"
NOW = Nanos(1_760_000_000_000_000_000)
ACME = ParticipantId("acme")
HOUR = Nanos(NOW - NOW % NANOS_PER_HOUR)
ZERO = Decimal(0)


def exact(kind: type[Struct], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with decimals for numbers."""
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    return {
        name: Decimal(str(value)) if _is_amount(types.get(name), value) else value
        for name, value in fields.items()
    }


def _is_amount(kind: Any, value: object) -> bool:
    return type(value) in (int, float) and Decimal in (kind, *get_args(kind))


def pool(symbol: str = SYMBOL, **fields: Any) -> PoolConfig:
    return PoolConfig(symbol=symbol, **exact(PoolConfig, fields))


def participant(name: str = ACME, **fields: Any) -> Participant:
    made = Participant(
        participant_id=ParticipantId(name),
        user_id=f"user-{name}",
        account_id=f"account-{name}",
        display_name=name.title(),
        initial_margin_usdt=Decimal("10000.50"),
        max_drawdown_pct=Decimal("12.5"),
        revenue_model=RevenueModel.PERCENTAGE_SPLIT,
        revenue_share_pct=Decimal(20),
        tier=Tier.TIER_1,
        enrolled_by="ops-jane",
        notes="",
        status=ParticipantStatus.ACTIVE,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(made, **exact(Participant, fields))


def enrolment(name: str = "Acme", **fields: Any) -> Enrolment:
    known = {
        "user_id": f"user-{name}",
        "account_id": f"account-{name}",
        "display_name": name,
        "initial_margin_usdt": 10_000,
        "max_drawdown_pct": 20,
        "revenue_model": RevenueModel.PERCENTAGE_SPLIT,
        "revenue_share_pct": 20,
        "tier": Tier.TIER_1,
    }
    return Enrolment(**exact(Enrolment, known | fields))


def member(
    name: str = ACME, weight: object = 50, limit: object = 20_000, loss: object = 500, **fields: Any
) -> Member:
    amounts = (Decimal(str(amount)) for amount in (weight, limit, loss))
    return Member(ParticipantId(name), *amounts, **exact(Member, fields))


def order(number: int = 1, **fields: Any) -> OrderRecord:
    made = OrderRecord(
        client_order_id=f"mm-acme-{SYMBOL}-0-BUY-{number}",
        symbol=SYMBOL,
        order_id=OrderId(number),
        participant_id=ACME,
        account_id="account-acme",
        side=Side.BUY,
        level=0,
        price=Ticks(600_000),
        size=Lots(10),
        filled=Lots(0),
        reduce_only=False,
        status=OrderStatus.PENDING_NEW,
        venue_order_id="",
        reason="",
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.001"),
        config_version=1,
        created_at=Nanos(NOW + number),
        updated_at=Nanos(NOW + number),
    )
    return replace(made, **fields)


def fill(trade: int = 1, of: OrderRecord | None = None, **fields: Any) -> FillRecord:
    filled = order() if of is None else of
    made = FillRecord(
        symbol=filled.symbol,
        account_id=filled.account_id,
        trade_id=trade,
        client_order_id=filled.client_order_id,
        participant_id=filled.participant_id,
        side=filled.side,
        level=filled.level,
        price=filled.price,
        size=Lots(3),
        fee=Value(-9_000_000),
        mid_x2=1_200_001,
        tick_size=filled.tick_size,
        lot_size=filled.lot_size,
        ts_event=Nanos(NOW + trade),
        recorded_at=Nanos(NOW + trade),
    )
    return replace(made, **fields)


def entry(number: int = 1, **fields: Any) -> LedgerEntry:
    """A buy for 100 at a fee of 0.25, not numbered yet."""
    made = LedgerEntry(
        entry_id=0,
        kind=EntryKind.FILL,
        ref=f"cause-{number}",
        symbol=SYMBOL,
        participant_id=ACME,
        ts_event=Nanos(NOW + number),
        posted_at=Nanos(NOW + number),
        cash=Decimal("-100.25"),
        inventory=Decimal(100),
        realised=ZERO,
        funding=ZERO,
        fees=Decimal("0.25"),
        platform_share=ZERO,
        platform_due=ZERO,
        drawings=ZERO,
        quantity=Decimal("0.001"),
        position=Decimal("0.001") * number,
        cost=Decimal(100) * number,
    )
    return replace(made, **fields)


def payment(number: int = 1, **fields: Any) -> FundingRecord:
    made = FundingRecord(
        symbol=SYMBOL,
        participant_id=ACME,
        ts_event=Nanos(NOW + number),
        rate=Decimal("0.0001"),
        price=Decimal(60_000),
        position=Decimal("0.5"),
        amount=Decimal("-3.0000"),
        recorded_at=Nanos(NOW + number),
    )
    return replace(made, **fields)


def fill_marks(of: FillRecord, **fields: Any) -> FillMarks:
    made = FillMarks(
        symbol=of.symbol,
        account_id=of.account_id,
        trade_id=of.trade_id,
        client_order_id=of.client_order_id,
        after_1s=Decimal("60000.05"),
        after_5s=None,
        after_30s=Decimal("60000.5"),
        after_60s=Decimal(60_001),
    )
    return replace(made, **fields)


def presence(**fields: Any) -> PresenceRecord:
    made = PresenceRecord(
        symbol=SYMBOL,
        participant_id=ACME,
        hour=HOUR,
        eligible=1,
        valid=1,
        spread_sum_bps=Decimal("7.5"),
        depth_sum_usdt=Decimal("1000.1"),
        spread_min_bps=Decimal(5),
        spread_max_bps=Decimal(50),
        depth_target_usdt=Decimal(1_000),
        volume_target_usdt=Decimal(10_000),
    )
    return replace(made, **fields)


def state(number: int = 1, **fields: Any) -> StateRecord:
    made = StateRecord(
        symbol=SYMBOL,
        ts=Nanos(NOW + number),
        state=PoolState.PAUSED,
        by="ops-jane",
        reason="lunch",
        config_version=1,
    )
    return replace(made, **fields)


def audit(seq: int = 1, **fields: Any) -> AuditRecord:
    made = AuditRecord(
        seq=seq,
        ts=Nanos(NOW + seq),
        subject="ops-jane",
        roles="operator",
        action="pool.pause",
        target=SYMBOL,
        before='{"state":"ACTIVE"}',
        after='{"state":"PAUSED"}',
        reason="lunch",
        result="done",
        trace_id=f"trace-{seq}",
        prev_hash=f"{seq - 1:064x}" if seq > 1 else "",
        hash=f"{seq:064x}",
    )
    return replace(made, **fields)


def event(number: int = 1, key: str = SYMBOL) -> OutboxRecord:
    return OutboxRecord(
        event_id=f"event-{number}",
        topic="mm.state.changed.v1",
        key=key,
        payload=b'{"n":%d}' % number,
        created_at=Nanos(NOW + number),
    )


def key(name: str = "k1", **fields: Any) -> KeyRecord:
    made = KeyRecord(
        subject="ops-jane", key=name, fingerprint="f", status=0, answer=b"", created_at=NOW
    )
    return replace(made, **fields)


async def enroll(unit: Unit, *names: str) -> None:
    for name in names or (ACME,):
        await unit.participants.add(participant(name))
