"""What a configuration would quote at one moment, and what each of its dials does to that.

The engine's own parts do the work: the strategy, the clamps, the ladder, the split among members.
The book is taken to be one tick wide around the mid, fair is the mid, and every estimate that
could feed the quotes is neutral.
"""

from collections.abc import Iterable
from decimal import Decimal
from math import ceil, floor

import msgspec
from msgspec import Struct

from market_maker.engine.ladder import Ladder
from market_maker.engine.terms import Terms, bounded_strategy, terms_of
from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.pool import POOL_BOUNDS, PoolConfig
from market_maker.model.quotes import Clamp
from market_maker.model.units import BPS
from market_maker.operations.feasibility import check_pool, smallest_order
from market_maker.operations.quoted_ladder import Quoted, quoted_ladder
from market_maker.quoting.scaling import clamp
from market_maker.quoting.strategy import Strategy
from market_maker.quoting.view import View

SIGMA_MAX = 100_000.0
"""bps/sqrt(hour): ten times the price in an hour."""
FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Of gamma, kappa and sigma, in the tables."""
POSITIONS = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Of the position limit, in the tables."""
CURVE_FACTORS = tuple(2.0 ** (step / 8) for step in range(-24, 25))
CURVE_POSITIONS = tuple(step / 24 for step in range(-24, 25))


class PreviewMoment(Struct, frozen=True):
    """What to quote in. mid: quote currency. sigma, sigma_ref: volatility and its long-run level,
    bps/sqrt(hour). position: base currency, signed. Raises InvalidFieldError."""

    mid: Decimal
    sigma: float
    sigma_ref: float
    position: Decimal

    def __post_init__(self) -> None:
        if not (self.mid.is_finite() and self.mid > 0):
            raise InvalidFieldError("mid", self.mid, "a price above 0")
        for name in ("sigma", "sigma_ref"):
            value: float = getattr(self, name)
            if not 0.0 <= value <= SIGMA_MAX:
                allowed = f"a number from 0 to {SIGMA_MAX:g} bps per square root of hour"
                raise InvalidFieldError(name, value, allowed)


class Point(Struct, frozen=True):
    """Quotes for one value of a dial, bps. bid_bps, ask_bps: distance of the best quotes from fair
    after the clamps; None: silent, and then there is no spread and no shift either."""

    value: float
    raw_spread_bps: float | None
    spread_bps: float | None
    shift_bps: float | None
    bid_bps: float | None
    ask_bps: float | None
    clamp: Clamp


class Dial(Struct, frozen=True):
    """What one parameter does while all else stays. points: for a table; curve: for a picture."""

    name: str
    unit: str
    current: float
    points: tuple[Point, ...]
    curve: tuple[Point, ...]


class Preview(Struct, frozen=True, kw_only=True):
    """The whole answer. now: quotes of the moment itself. feasibility: that it can
    work on the instrument, with the arithmetic; warnings: what will work badly."""

    symbol: str
    strategy: str
    moment: PreviewMoment
    q_hat: float
    now: Point
    min_spread_bps: float
    max_spread_bps: float
    quotes: tuple[Quoted, ...]
    dials: tuple[Dial, ...]
    feasibility: str
    warnings: tuple[str, ...]


def preview(instrument: Instrument, config: PoolConfig, moment: PreviewMoment) -> Preview:
    """Raises InvalidFieldError when the configuration cannot work on the instrument at all."""
    warnings = list(check_pool(instrument, config, moment.mid))
    terms = terms_of(instrument, config)
    pictured = _Pictured(instrument, config, moment, terms)
    q_hat = pictured.q_hat
    if abs(q_hat) > 1.0:
        warnings.append("the position is over max_pool_position_usdt: the pool would halt")
    return Preview(
        symbol=config.symbol,
        strategy=config.strategy,
        moment=moment,
        q_hat=q_hat,
        now=_point(terms.strategy, terms, pictured.view(), q_hat),
        min_spread_bps=terms.min_spread_bps,
        max_spread_bps=terms.max_spread_bps,
        quotes=_quotes(pictured),
        dials=(
            _config_dial(pictured, "gamma"),
            _config_dial(pictured, "kappa"),
            _sigma_dial(pictured),
            _position_dial(pictured),
        ),
        feasibility=_feasibility(instrument, config, moment.mid),
        warnings=tuple(warnings),
    )


def _feasibility(instrument: Instrument, config: PoolConfig, mid: Decimal) -> str:
    tick_bps = float(instrument.price_step(mid) / mid) * BPS
    least = smallest_order(instrument, mid)
    return (
        f"can be placed: an order is {config.order_size_usdt} USDT and the smallest one {least:f} "
        f"(lot {instrument.lot_size}, minimum {instrument.min_notional}); a tick is {tick_bps:.4g} "
        "bps"
    )


class _Pictured(Struct, frozen=True):
    """A configuration at a moment."""

    instrument: Instrument
    config: PoolConfig
    moment: PreviewMoment
    terms: Terms

    @property
    def q_hat(self) -> float:
        """Net notional relative to the limit."""
        notional = self.moment.position * self.moment.mid
        return float(notional / self.config.max_pool_position_usdt)

    def view(self, *, q_hat: float | None = None, sigma: float | None = None) -> View:
        """As the engine would make it; q_hat or sigma replaced where given."""
        moment, held = self.moment, self.q_hat if q_hat is None else q_hat
        return View(
            min(1.0, max(-1.0, held)),
            moment.sigma if sigma is None else sigma,
            moment.sigma_ref,
            self.terms.delta_hat,
        )


def _point(quote: Strategy, terms: Terms, view: View, value: float) -> Point:
    found = clamp(quote(view), terms.min_spread_bps, terms.max_spread_bps)
    half, shift = 0.5 * found.spread_bps, found.shift_bps
    bid = None if found.silent_bid else half + shift
    ask = None if found.silent_ask else half - shift
    if bid is None or ask is None:
        return Point(value, None, None, None, bid, ask, found.clamp)
    return Point(value, found.raw_spread_bps, found.spread_bps, shift, bid, ask, found.clamp)


def _config_dial(pictured: _Pictured, name: str) -> Dial:
    """A field of the configuration, times factors as far as its bounds go."""
    config, terms, view = pictured.config, pictured.terms, pictured.view()
    instrument = pictured.instrument
    current: Decimal = getattr(config, name)

    def points(factors: Iterable[float]) -> Iterable[Point]:
        for factor in factors:
            value = current * Decimal(factor)
            if POOL_BOUNDS[name].allows(value):
                changed = msgspec.structs.replace(config, **{name: value})
                yield _point(bounded_strategy(instrument, changed), terms, view, float(value))

    return Dial(name, "", float(current), tuple(points(FACTORS)), tuple(points(CURVE_FACTORS)))


def _sigma_dial(pictured: _Pictured) -> Dial:
    terms, current = pictured.terms, pictured.moment.sigma

    def points(factors: Iterable[float]) -> Iterable[Point]:
        for factor in factors:
            sigma = current * factor
            yield _point(terms.strategy, terms, pictured.view(sigma=sigma), sigma)

    return Dial("sigma", "bps/√h", current, tuple(points(FACTORS)), tuple(points(CURVE_FACTORS)))


def _position_dial(pictured: _Pictured) -> Dial:
    terms = pictured.terms
    full = float(pictured.config.max_pool_position_usdt / pictured.moment.mid)

    def points(shares: Iterable[float]) -> Iterable[Point]:
        for share in shares:
            yield _point(terms.strategy, terms, pictured.view(q_hat=share), share * full)

    return Dial(
        "position",
        "base currency",
        float(pictured.moment.position),
        tuple(points(POSITIONS)),
        tuple(points(CURVE_POSITIONS)),
    )


def _quotes(pictured: _Pictured) -> tuple[Quoted, ...]:
    instrument, moment = pictured.instrument, pictured.moment
    mid = moment.mid / instrument.tick_size
    ladder = Ladder()
    ladder.aim(pictured.terms.strategy(pictured.view()), pictured.terms)
    ladder.update(float(mid), (ceil(mid) - 1, floor(mid) + 1))
    return quoted_ladder(instrument, pictured.config, ladder, moment.mid, moment.position)
