"""What a pool has measured, in people's units: every estimate that is fed, how well fill
intensity fits its law, what our fills were worth later, and what gamma was multiplied by."""

from decimal import Decimal

from msgspec import Struct

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.estimators.adverse_selection import DEPTHS_BPS, MarkoutRow
from market_maker.estimators.estimate import Estimate
from market_maker.estimators.intensity import Fit
from market_maker.model.instrument import Instrument
from market_maker.model.orders import SIDES, Side
from market_maker.model.pool import PoolConfig
from market_maker.model.shared_fields import shared_fields
from market_maker.operations.presenting import present

_EDGES_BPS = (0.0, *DEPTHS_BPS, None)


class EstimateView(Struct, frozen=True, kw_only=True):
    """One estimate. value: null while there is none; unit: in words; count: what it rests on:
    samples, trades, fills or payments; ready: whether it may be relied on."""

    name: str
    value: float | None
    unit: str
    count: int
    ready: bool


class FitView(Struct, frozen=True, kw_only=True):
    """How well arrivals fit A exp(-kappa x distance). kappa_hat_per_bps: the decay used, with the
    configured one as prior; measured_per_bps: by maximum likelihood alone; line_per_bps: by a line
    through the counts; 0 where there is none. intensity_per_hour: A, of one order at fair, one
    side. r_squared: of the line; log_likelihood: nats per order; orders: aggressive ones in the
    window. usable: whether the data alone may be quoted on; reason: why not."""

    kappa_hat_per_bps: float
    measured_per_bps: float
    line_per_bps: float
    intensity_per_hour: float
    r_squared: float
    log_likelihood: float
    orders: int
    usable: bool
    reason: str


class MarkoutView(Struct, frozen=True, kw_only=True):
    """Means over our fills of one side that quoted from depth_from_bps to depth_to_bps (null: and
    beyond) from the mid. edge_bps: what the price earned against the mid of then; adverse_bps: how
    far that mid went against us within horizon_s seconds, and its standard error; markout_bps:
    edge less adverse."""

    horizon_s: float
    side: Side
    depth_from_bps: float
    depth_to_bps: float | None
    edge_bps: float
    adverse_bps: float
    standard_error_bps: float | None
    markout_bps: float
    fills: int


class WarmupView(Struct, frozen=True, kw_only=True):
    """What is still to be seen before the first quote."""

    what: str
    seen: int
    wanted: int


class GammaView(Struct, frozen=True, kw_only=True):
    """Risk aversion in force: effective = configured x toxicity x inventory x tail. A factor is 1
    while its term is off or not ready."""

    configured: Decimal
    toxicity: float
    inventory: float
    tail: float
    effective: float


class EstimatesView(Struct, frozen=True, kw_only=True):
    """Estimates behind the quotes. fair_source: what fair is now; the mid while its source has seen
    too little. sigma in bps per square root of hour; samples of those wanted
    before quoting; clamp: which bound of the spread binds. all: every one that is fed. fit: null
    while fill intensity is not wanted; markouts: empty while adverse selection is not."""

    fair: Decimal | None
    fair_source: str
    mid: Decimal | None
    sigma_bps: float
    sigma_ref_bps: float
    samples: int
    samples_wanted: int
    spread_bps: float
    shift_bps: float
    clamp: str
    gamma: GammaView
    warmup: tuple[WarmupView, ...]
    all: tuple[EstimateView, ...]
    fit: FitView | None
    markouts: tuple[MarkoutView, ...]


def estimates_view(
    instrument: Instrument, config: PoolConfig, snapshot: EngineSnapshot
) -> EstimatesView:
    """What `snapshot` says of the market, of a pool that quotes by `config`."""
    fair, mid_x2 = snapshot.fair_ticks, snapshot.mid_x2
    seen, wanted = snapshot.samples
    return present(
        EstimatesView,
        snapshot,
        instrument,
        fair=Decimal(repr(fair)) * instrument.tick_size if fair else None,
        mid=instrument.price(mid_x2) / 2 if mid_x2 else None,
        samples=seen,
        samples_wanted=wanted,
        clamp=snapshot.clamp.value,
        gamma=_gamma(config.gamma, snapshot.estimates),
        warmup=tuple(
            WarmupView(what=what, seen=seen, wanted=wanted)
            for what, seen, wanted in snapshot.warmup
        ),
        all=tuple(_estimate(line) for line in snapshot.estimates if not line.off),
        fit=None if snapshot.fit is None else _fit(snapshot.fit),
        markouts=tuple(_markout(line) for line in snapshot.markouts),
    )


def _estimate(line: Estimate) -> EstimateView:
    return EstimateView(**shared_fields(EstimateView, line))


def _gamma(configured: Decimal, lines: tuple[Estimate, ...]) -> GammaView:
    values = {line.name: line.value for line in lines}
    toxicity, inventory, tail = (
        1.0 if (value := values.get(f"{name}_factor")) is None else value
        for name in ("toxicity", "inventory", "tail")
    )
    effective = float(configured) * toxicity * inventory * tail
    return GammaView(
        configured=configured,
        toxicity=toxicity,
        inventory=inventory,
        tail=tail,
        effective=effective,
    )


def _fit(fit: Fit) -> FitView:
    return FitView(
        kappa_hat_per_bps=fit.kappa_hat,
        measured_per_bps=fit.measured,
        line_per_bps=fit.line,
        intensity_per_hour=fit.intensity,
        **shared_fields(FitView, fit),
    )


def _markout(line: MarkoutRow) -> MarkoutView:
    return MarkoutView(
        horizon_s=line.horizon_s,
        side=SIDES[line.side],
        depth_from_bps=_EDGES_BPS[line.bucket] or 0.0,
        depth_to_bps=_EDGES_BPS[line.bucket + 1],
        edge_bps=line.edge,
        adverse_bps=line.adverse,
        standard_error_bps=line.standard_error,
        markout_bps=line.markout,
        fills=line.count,
    )
