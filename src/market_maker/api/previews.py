"""/v1/pools/preview and /v1/instruments: what a form needs before anything is saved."""

from decimal import Decimal
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from market_maker.api.pace import Pace
from market_maker.api.pools import POOL_BODY
from market_maker.api.reading import Query
from market_maker.api.routes import EVERYONE, OPERATORS, Asked, Route
from market_maker.model.caller import Role
from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.model.fields import number, positive
from market_maker.model.instrument_limits import limit_texts
from market_maker.model.loosening import loosened_limits
from market_maker.model.pool import PoolConfig
from market_maker.model.shared_fields import shared_fields
from market_maker.operations.preview import Preview, PreviewMoment

SIGMA_BPS = 50.0
"""Without an engine that has measured it: bps per square root of hour."""


class PreviewQuery(Query, frozen=True, kw_only=True):
    """What to quote in; of now, where it is known, without them."""

    mid: Annotated[Decimal | None, positive("1000000000", "quote currency", "The mid.")] = None
    sigma: Annotated[
        Decimal | None, number("0", "100000", "bps per square root of hour", "Volatility.")
    ] = None
    position: Annotated[
        Decimal | None,
        number("-1000000000", "1000000000", "base currency", "Position, signed."),
    ] = None


class PoolPreview(Struct, frozen=True, kw_only=True):
    """preview: the ladder, and what each parameter does. would_loosen: limits that hold less than
    those in force; roles_needed: one of these saves it."""

    preview: Preview
    would_loosen: tuple[str, ...]
    roles_needed: tuple[Role, ...]


class ListedInstrument(Struct, frozen=True, kw_only=True):
    """What can be traded. maker_fee_bps: a cost is > 0; reference_price: null where none is known;
    has_pool: whether a pool trades it already. min_size to max_open_orders: what the venue takes of
    orders, 0 where it sets no limit; price bands are fractions of the mark."""

    symbol: str
    tick_size: Decimal
    lot_size: Decimal
    min_notional: Decimal
    min_size: Decimal
    max_size: Decimal
    max_notional: Decimal
    price_band_up: Decimal
    price_band_down: Decimal
    max_open_orders: int
    maker_fee_bps: Decimal
    quote_currency: str
    contract: str
    venue: str
    reference_price: Decimal | None
    has_pool: bool


class InstrumentList(Struct, frozen=True, kw_only=True):
    """All that are listed, by symbol."""

    items: tuple[ListedInstrument, ...]


async def _preview(asked: Asked) -> PoolPreview:
    given, query = asked.body_as(PoolConfig), asked.query_as(PreviewQuery)
    instrument = asked.application.running.instrument(given.symbol)
    current = await _current(asked, given.symbol)
    config = given if current is None else replace(given, members=current.members)
    preview = await asked.services.preview(instrument, config, _moment(asked, given.symbol, query))
    loosened = () if current is None else loosened_limits(current, given)
    roles = (Role.RISK,) if loosened else OPERATORS
    return PoolPreview(preview=preview, would_loosen=loosened, roles_needed=roles)


async def _current(asked: Asked, symbol: str) -> PoolConfig | None:
    running = asked.application.running
    async with running.store.reading() as unit:
        try:
            return await running.config(unit, symbol)
        except NotFoundError:
            return None


def _moment(asked: Asked, symbol: str, query: PreviewQuery) -> PreviewMoment:
    running = asked.application.running
    mid = running.price(symbol) if query.mid is None else query.mid
    if mid is None:
        raise InvalidFieldError("mid", None, "needed: no price of the instrument is known")
    runner = running.engine_host.get(symbol)
    snapshot = None if runner is None or runner.failure else runner.snapshot()
    measured = SIGMA_BPS if snapshot is None else snapshot.sigma_bps or SIGMA_BPS
    sigma = measured if query.sigma is None else float(query.sigma)
    held = Decimal(0)
    if runner is not None and snapshot is not None:
        held = runner.instrument.quantity(snapshot.position)
    return PreviewMoment(mid, sigma, sigma, held if query.position is None else query.position)


async def _instruments(asked: Asked) -> InstrumentList:
    running = asked.application.running
    async with running.store.reading() as unit:
        taken = [
            symbol
            for symbol in running.instruments.symbols()
            if await unit.pools.get(symbol) is not None
        ]
    items = []
    for symbol in running.instruments.symbols():
        instrument = running.instrument(symbol)
        limits = limit_texts(instrument.limits, instrument.lot_size)
        items.append(
            ListedInstrument(
                **shared_fields(ListedInstrument, instrument, but=("contract",)),
                **shared_fields(ListedInstrument, limits),
                contract=instrument.contract.value,
                venue=running.venue,
                reference_price=running.price(symbol),
                has_pool=symbol in taken,
            )
        )
    return InstrumentList(items=tuple(items))


ROUTES = (
    Route(
        method="POST",
        path="/v1/pools/preview",
        name="previewPool",
        summary="The ladder a configuration would quote; nothing is saved.",
        family="pools",
        roles=OPERATORS,
        handle=_preview,
        answer=PoolPreview,
        pace=Pace.WRITE,
        body=POOL_BODY,
        query=PreviewQuery,
        finds=True,
    ),
    Route(
        method="GET",
        path="/v1/instruments",
        name="listInstruments",
        summary="What can be traded, with its grid and limits.",
        family="pools",
        roles=EVERYONE,
        handle=_instruments,
        answer=InstrumentList,
    ),
)
