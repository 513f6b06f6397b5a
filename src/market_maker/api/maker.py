"""/maker: the smart engine's addresses, unprefixed and with JSON numbers, as its document has them.

Each symbol is a pool of one with the `smart` strategy (smart_maker.py), under the same roles,
pace and audit as the pool commands that it stands for.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import Struct

from market_maker.api.pace import Pace
from market_maker.api.problems import refusal
from market_maker.api.reading import Body, Query
from market_maker.api.routes import EVERYONE, OPERATORS, STOPPERS, Asked, Route
from market_maker.model.errors import NotFoundError
from market_maker.model.fields import name
from market_maker.model.records import OrderStatus
from market_maker.model.units import Nanos
from market_maker.operations.views import GuardView, PoolSideView, PoolStatus, PoolStatusView
from market_maker.risk.guards import EXPOSURE, LOSS, POSITION
from market_maker.smart_maker import MakerStart

BPS = 10_000
DAY = "24h"


class StopQuery(Query, frozen=True, kw_only=True):
    """The symbol to stop."""

    symbol: Annotated[str, name("Symbol to stop.")]


class MakerDone(Struct, frozen=True, kw_only=True):
    """What a command did. status: started or stopped."""

    status: str
    symbol: str
    message: str


class MakerQuote(Struct, frozen=True, kw_only=True):
    """The best own order of one side: price, quote currency; size, base currency."""

    price: float
    size: float


class MakerQuotes(Struct, frozen=True, kw_only=True):
    """Both sides; null where one has no order."""

    bid: MakerQuote | None
    ask: MakerQuote | None


class RiskStatus(Struct, frozen=True, kw_only=True):
    """Whether each limit holds. exposure_ok: the position against max_exposure of the capital,
    and every other guard."""

    symbol: str
    timestamp: Nanos
    position_ok: bool
    loss_ok: bool
    exposure_ok: bool
    overall_ok: bool


class MakerStatus(Struct, frozen=True, kw_only=True):
    """status: active, stopped, or error for a pool that was halted or whose engine failed.
    current_quotes: null where neither side has an order. inventory: base currency; pnl: net,
    USDT."""

    symbol: str
    status: str
    current_quotes: MakerQuotes | None
    inventory: float
    pnl: float
    risk_status: RiskStatus | None


class MakerActive(Struct, frozen=True, kw_only=True):
    """The symbols that quote."""

    active_symbols: tuple[str, ...]
    total_count: int


class MakerPerformance(Struct, frozen=True, kw_only=True):
    """total_pnl: net since the start, USDT. total_trades, fill_rate (filled orders of all),
    inventory_turnover (volume by the position limit): of the last 24 hours. avg_spread: quoted
    now, a fraction of the price."""

    symbol: str
    total_pnl: float
    total_trades: int
    avg_spread: float
    fill_rate: float
    inventory_turnover: float


class MakerAlert(Struct, frozen=True, kw_only=True):
    """A symbol beyond a limit, in the document's words."""

    symbol: str
    timestamp: Nanos
    issues: tuple[str, ...]


class MakerAlerts(Struct, frozen=True, kw_only=True):
    """Every symbol that is beyond a limit."""

    alerts: tuple[MakerAlert, ...]
    alert_count: int


async def _start(asked: Asked) -> MakerDone:
    wanted = asked.body_as(MakerStart)
    await asked.services.maker.start(asked.caller, wanted)
    message = f"Market making started for {wanted.symbol}"
    return MakerDone(status="started", symbol=wanted.symbol, message=message)


async def _stop(asked: Asked) -> MakerDone:
    symbol = asked.query_as(StopQuery).symbol
    try:
        await asked.services.maker.stop(asked.caller, symbol)
    except NotFoundError:
        raise refusal("not-found", "Symbol not found") from None
    message = f"Market making stopped for {symbol}"
    return MakerDone(status="stopped", symbol=symbol, message=message)


async def _status(asked: Asked) -> MakerStatus:
    try:
        maker = asked.services.maker
        return status_of(await maker.status(asked.symbol), _now(asked), maker.exposure_usdt)
    except NotFoundError:
        raise refusal("not-found", "Symbol not found") from None


async def _active(asked: Asked) -> MakerActive:
    pools = await asked.services.maker.all()
    symbols = tuple(pool.symbol for pool in pools if pool.state is PoolStatus.ACTIVE)
    return MakerActive(active_symbols=symbols, total_count=len(symbols))


async def _performance(asked: Asked) -> MakerPerformance:
    try:
        pool, metrics = await asked.services.maker.performance(asked.symbol)
    except NotFoundError:
        raise refusal("not-found", "Performance data not found") from None
    day = next(window.totals for window in metrics.windows if window.name == DAY)
    orders = sum(count.count for count in metrics.orders)
    filled = sum(c.count for c in metrics.orders if c.status is OrderStatus.FILLED)
    limit = _guard(pool, POSITION)
    spread = None if pool.engine is None else pool.engine.estimates.spread_bps
    return MakerPerformance(
        symbol=pool.symbol,
        total_pnl=_pnl(pool),
        total_trades=day.fills,
        avg_spread=0.0 if spread is None else spread / BPS,
        fill_rate=filled / orders if orders else 0.0,
        inventory_turnover=float(day.volume_usdt / limit.threshold) if limit else 0.0,
    )


async def _alerts(asked: Asked) -> MakerAlerts:
    now = _now(asked)
    maker = asked.services.maker
    found = [risk_of(pool, now, maker.exposure_usdt) for pool in await maker.all()]
    alerts = tuple(
        MakerAlert(symbol=risk.symbol, timestamp=now, issues=issues_of(risk))
        for risk in found
        if risk is not None and not risk.overall_ok
    )
    return MakerAlerts(alerts=alerts, alert_count=len(alerts))


def _now(asked: Asked) -> Nanos:
    return asked.services.clock.now()


def status_of(
    pool: PoolStatusView, now: Nanos, exposure_usdt: Decimal | None = None
) -> MakerStatus:
    """A pool in the document's words. exposure_usdt: what it may hold of the capital."""
    engine = pool.engine
    words = {PoolStatus.ACTIVE: "active", PoolStatus.HALTED: "error"}
    return MakerStatus(
        symbol=pool.symbol,
        status="error" if pool.failure else words.get(pool.state, "stopped"),
        current_quotes=None if engine is None else _quotes(engine.bid, engine.ask),
        inventory=0.0 if engine is None else float(engine.net_position),
        pnl=_pnl(pool),
        risk_status=risk_of(pool, now, exposure_usdt),
    )


def risk_of(
    pool: PoolStatusView, now: Nanos, exposure_usdt: Decimal | None = None
) -> RiskStatus | None:
    """Which limits hold; None where no engine knows."""
    if pool.engine is None:
        return None
    beyond = {guard.name for guard in pool.engine.guards if guard.headroom < 0}
    held = _guard(pool, POSITION)
    if exposure_usdt is not None and held is not None and held.value > exposure_usdt:
        beyond.add(EXPOSURE)
    return RiskStatus(
        symbol=pool.symbol,
        timestamp=now,
        position_ok=POSITION not in beyond,
        loss_ok=LOSS not in beyond,
        exposure_ok=not beyond - {POSITION, LOSS},
        overall_ok=not beyond,
    )


def issues_of(risk: RiskStatus) -> tuple[str, ...]:
    """What is beyond its limit, in the document's words."""
    checks = (
        (risk.position_ok, "Position limit exceeded"),
        (risk.loss_ok, "Loss limit exceeded"),
        (risk.exposure_ok, "Exposure limit exceeded"),
    )
    return tuple(words for holds, words in checks if not holds)


def _quotes(bid: PoolSideView, ask: PoolSideView) -> MakerQuotes | None:
    quotes = MakerQuotes(bid=_quote(bid), ask=_quote(ask))
    return quotes if quotes.bid or quotes.ask else None


def _quote(side: PoolSideView) -> MakerQuote | None:
    if side.price is None:
        return None
    return MakerQuote(price=float(side.price), size=float(side.size))


def _pnl(pool: PoolStatusView) -> float:
    return 0.0 if pool.engine is None else float(pool.engine.pnl.net)


def _guard(pool: PoolStatusView, wanted: str) -> GuardView | None:
    guards = () if pool.engine is None else pool.engine.guards
    return next((guard for guard in guards if guard.name == wanted), None)


ROUTES = (
    Route(
        method="POST",
        path="/maker/start",
        name="startMaker",
        summary="Start market making in a symbol: a pool of one with the smart strategy.",
        family="maker",
        roles=OPERATORS,
        handle=_start,
        answer=MakerDone,
        pace=Pace.WRITE,
        body=Body(kind=MakerStart),
        conflicts=True,
        finds=True,
    ),
    Route(
        method="POST",
        path="/maker/stop",
        name="stopMaker",
        summary="Stop market making in a symbol: orders go, the position stays.",
        family="maker",
        roles=STOPPERS,
        handle=_stop,
        answer=MakerDone,
        pace=Pace.STOP,
        query=StopQuery,
        conflicts=True,
        finds=True,
    ),
    Route(
        method="GET",
        path="/maker/status/{symbol}",
        name="getMakerStatus",
        summary="Quotes, inventory, PnL and risk of a symbol.",
        family="maker",
        roles=EVERYONE,
        handle=_status,
        answer=MakerStatus,
    ),
    Route(
        method="GET",
        path="/maker/active",
        name="listActiveMakers",
        summary="The symbols that quote.",
        family="maker",
        roles=EVERYONE,
        handle=_active,
        answer=MakerActive,
    ),
    Route(
        method="GET",
        path="/maker/performance/{symbol}",
        name="getMakerPerformance",
        summary="PnL, trades, spread and turnover of a symbol.",
        family="maker",
        roles=EVERYONE,
        handle=_performance,
        answer=MakerPerformance,
    ),
    Route(
        method="GET",
        path="/maker/risk/alerts",
        name="listMakerAlerts",
        summary="Every symbol beyond a limit.",
        family="maker",
        roles=EVERYONE,
        handle=_alerts,
        answer=MakerAlerts,
    ),
)
