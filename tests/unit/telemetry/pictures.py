"""A pool to be measured: every field has a value that no other has."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from market_maker.engine.snapshot import Counters, EngineSnapshot, MemberSnapshot
from market_maker.estimators.estimate import Estimate
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Order, OrderState, Side
from market_maker.model.quotes import Clamp, Reason, SideStatus
from market_maker.model.units import Lots, Nanos, OrderId, ParticipantId, Ticks, Value
from market_maker.risk.guards import Guard
from market_maker.risk.rebalance import NO_REBALANCE
from market_maker.telemetry.page import (
    MoneyReading,
    PoolReading,
    ProcessReading,
    ReconciliationReading,
)

SYMBOL = "BTCUSDT-PERP"
ACME, BETA = ParticipantId("acme"), ParticipantId("beta")
QUOTING = SideStatus(True, Reason.QUOTING, Ticks(100_000), Lots(5), 2)
SEEN = {
    "sigma": 90.0,
    "volatility_regime": 1.0,
    "kappa_hat": 0.25,
    "jump_ratio": 1.2,
    "microprice_deviation": -0.5,
    "book_imbalance": 0.15,
    "flow_imbalance": -0.08,
    "beta_book": 0.003,
    "beta_flow": 0.002,
    "cascade_severity": 0.35,
    "adverse_selection": 0.8,
    "toxicity_factor": 1.1,
    "tail_factor": 1.5,
    "inventory_factor": 1.04,
}
ESTIMATES = tuple(Estimate(name, value, "", 50, ready=True) for name, value in SEEN.items())
COUNTERS = Counters(
    turns=1_000,
    placed=90,
    cancels=80,
    fills=30,
    rejects=4,
    post_only_rejects=5,
    unattributed_fills=6,
    impossible_fills=2,
)
INSTRUMENT = Instrument(SYMBOL, Decimal("0.5"), Decimal("0.001"))


def member(name: str, position: int, **fields: Any) -> MemberSnapshot:
    made = MemberSnapshot(
        participant_id=ParticipantId(name),
        weight_pct="50",
        active=True,
        stopped="",
        position=Lots(position),
        average_price=None,
        realised=Value(4_000 * 10**8),
        unrealised=Value(-2_000 * 10**8),
        fees=Value(-100 * 10**8),
        funding=Value(0),
        open_orders=2,
        unknown_orders=1,
    )
    return replace(made, **fields)


def order(number: int, state: OrderState, side: Side = Side.BUY) -> Order:
    return Order(OrderId(number), ACME, side, 0, Ticks(100_000), Lots(5), Lots(5), state)


def snapshot(symbol: str = SYMBOL, **fields: Any) -> EngineSnapshot:
    made = EngineSnapshot(
        symbol,
        Nanos(10**18),
        state=PoolState.ACTIVE,
        state_reason="enabled",
        config_version=7,
        bid=QUOTING,
        ask=replace(QUOTING, quoting=False),
        best_bid=Ticks(99_999),
        best_bid_size=Lots(3),
        best_ask=Ticks(100_001),
        best_ask_size=Lots(4),
        book_detail="",
        book_age_ns=250_000_000,
        mid_x2=200_000,
        fair_ticks=100_002.0,
        sigma_bps=42.5,
        sigma_ref_bps=40.0,
        samples=(20, 20),
        spread_bps=6.25,
        shift_bps=-0.5,
        clamp=Clamp.INSIDE,
        position=Lots(-2),
        realised=Value(0),
        unrealised=Value(0),
        fees=Value(0),
        funding=Value(0),
        members=(member("acme", 10), member("beta", -12, active=False, stopped="loss")),
        orders=(
            order(1, OrderState.LIVE),
            order(2, OrderState.LIVE),
            order(3, OrderState.UNKNOWN),
        ),
        guards=(Guard("position limit exceeded", 750, 1_000, "ticks x lots", "halt beyond"),),
        rebalance=NO_REBALANCE,
        uptime_pct=None,
        behind_target=False,
        spread_floor_bps=5.0,
        counters=COUNTERS,
        estimates=ESTIMATES,
    )
    return replace(made, **fields)


def pool(symbol: str = SYMBOL, **fields: Any) -> PoolReading:
    instrument = replace(INSTRUMENT, symbol=symbol)
    compared = ReconciliationReading(
        age_ns=2_500_000_000, failures=4, mismatches=1, missed_fills=6, foreign_orders=2
    )
    made = PoolReading(instrument, snapshot(symbol), PoolState.ACTIVE, True, 3, False, compared)
    return replace(made, **fields)


def process(**fields: Any) -> ProcessReading:
    made = ProcessReading(
        outbox_waiting=11,
        outbox_parked=2,
        outbox_lag_ns=1_500_000_000,
        outbox_published=400,
        topics_parked=6,
        topics_lag_ns=250_000_000,
        records_waiting=5,
        records_refused=1,
        orders_unrecorded=2,
        audit_head=77,
        journal_turns_lost=12,
        journal_failures=3,
        log_lines_dropped=9,
        anchor_failures=2,
        clock_drift_s=0.25,
        clock_steps=3,
        watchdog_attached=True,
        shadow_mode=False,
        version="0.1.0",
        fingerprint="abc123",
    )
    return replace(made, **fields)


def money() -> MoneyReading:
    return MoneyReading(
        q_scores={(SYMBOL, "acme"): 87.5},
        settlements={"PENDING": 3, "SETTLED": 0},
        snapshots={SYMBOL: 360},
        rollups={SYMBOL: 2},
        snapshots_waiting=4,
        snapshots_lost=0,
        rounds_missed=1,
        fills_marked=12,
        marks_lost=0,
        transfers_unknown=1,
        month_end_failed=False,
    )
