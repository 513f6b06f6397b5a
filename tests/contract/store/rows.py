"""Rows to store: complete, valid, and of one's own where a test cares."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.participant import Participant, ParticipantStatus, RevenueModel, Tier
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
from market_maker.model.units import Lots, Nanos, OrderId, ParticipantId, Ticks, Value
from market_maker.ports import Unit

SYMBOL = "BTCUSDT-PERP"
NOW = Nanos(1_760_000_000_000_000_000)
ACME = ParticipantId("acme")


def pool(symbol: str = SYMBOL, **fields: Any) -> PoolConfig:
    return replace(PoolConfig(symbol=symbol), **fields)


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
    return replace(made, **fields)


def member(name: str = ACME, weight: str = "50", **fields: Any) -> Member:
    made = Member(ParticipantId(name), Decimal(weight), Decimal(20_000), Decimal(500))
    return replace(made, **fields)


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
