"""A session at the venue for the maker's settings, and what can go wrong in words of the SOP."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import aiohttp
from msgspec import Struct

from market_maker.model.errors import (
    InvalidDataError,
    InvalidFieldError,
    VenueUnavailableError,
)
from market_maker.model.shown_url import shown_url
from market_maker.model.units import Nanos
from market_maker.ports import Clock
from market_maker.standalone.settings import MakerSettings
from market_maker.standalone.sources import key_text
from market_maker.venues.http import client_session
from market_maker.venues.hyperliquid.addresses import MAINNET_URL, TESTNET_URL
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.info import ask
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.market_wire import DexInfo, PerpUniverse
from market_maker.venues.hyperliquid.session import (
    HyperliquidSession,
    SessionOptions,
    open_session,
)
from market_maker.venues.hyperliquid.universe import (
    MAIN,
    ListedMarket,
    load_dexes,
    load_universe,
)

LOCAL_URL = "http://localhost:3001"
_URLS = {
    "mainnet": MAINNET_URL,
    "testnet": TESTNET_URL,
    "localhost": LOCAL_URL,
    "local": LOCAL_URL,
}
NONCES = "nonces"
"""Folder of the nonces, in the state folder."""

HELP_ASSET = "use --dex for a builder's market; --list-dexs lists their dexes"


LIMITED = (
    "the venue answers 429: this address asked for more than 1,200 of weight in a minute; waiting "
    "until it answers again, a minute or two"
)


class Once:
    """Passes a line on at the first call, and nothing afterwards."""

    def __init__(self, say: Callable[[str], None], line: str) -> None:
        self._say: Callable[[str], None] | None = say
        self._line = line

    def __call__(self) -> None:
        say, self._say = self._say, None
        if say is not None:
            say(self._line)


class OpenedMarket(Struct, frozen=True):
    """A session, the market that the settings name, and the one that may lead it."""

    session: HyperliquidSession
    market: ListedMarket
    lead: ListedMarket | None = None


def url_of(settings: MakerSettings) -> str:
    """Of the server of the network."""
    return _URLS.get(settings.network, settings.network)


def network_name(settings: MakerSettings) -> str:
    """For people, folders and names of files."""
    url = url_of(settings)
    names = {address: name for name, address in _URLS.items() if name != "local"}
    return names.get(url, "custom")


def state_folder(settings: MakerSettings) -> Path:
    """Made where it is not there, for its owner alone."""
    folder = settings.state_dir.expanduser()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@asynccontextmanager
async def http_session() -> AsyncIterator[aiohttp.ClientSession]:
    """Requests without cookies."""
    async with client_session() as http:
        yield http


async def open_maker_session(
    settings: MakerSettings,
    http: aiohttp.ClientSession,
    clock: Clock,
    *,
    everywhere: bool = False,
    lasting: Nanos = Nanos(0),
    say: Callable[[str], None] | None = None,
) -> HyperliquidSession:
    """Who the key is and what there is to trade; nothing is changed there. everywhere: read
    every dex, not the venue's own and that of the settings alone. say: takes one line when the
    venue answers 429, and questions wait as long as it asks for; without it they fail. Raises
    DomainErrors and VenueErrors, one line each."""
    key = SigningKey.from_text(key_text(settings).reveal())
    named = (settings.asset, settings.lead_asset)
    wanted = dict.fromkeys((MAIN, settings.dex, *(_dex_of(asset) for asset in named)))
    options = SessionOptions(
        state=state_folder(settings) / NONCES,
        url=url_of(settings),
        dexes=None if everywhere else tuple(wanted),
        account=settings.account,
        lasting=lasting,
        on_limited=None if say is None else Once(say, LIMITED),
    )
    try:
        return await open_session(key, options, http, clock, Random(clock.now()))  # noqa: S311  jitter
    except VenueUnavailableError as error:
        raise VenueUnavailableError(f"Failed to connect to exchange: {error}") from None
    except InvalidFieldError as error:
        raise _dex_error(error) from None


def _dex_of(asset: str) -> str:
    prefix, colon, _ = asset.rpartition(":")
    return prefix if colon else MAIN


def market_of(settings: MakerSettings, session: HyperliquidSession) -> OpenedMarket:
    """Raises InvalidDataError for an asset that is not there, InvalidFieldError for a leader that
    is not there or is the market itself."""
    try:
        market = session.universe.find(settings.asset, settings.dex)
    except InvalidFieldError as error:
        raise _not_found(error) from None
    return OpenedMarket(session, market, _lead_of(settings, session, market))


def _lead_of(
    settings: MakerSettings, session: HyperliquidSession, market: ListedMarket
) -> ListedMarket | None:
    if not settings.lead_asset:
        return None
    try:
        lead = session.universe.find(settings.lead_asset)
    except InvalidFieldError as error:
        raise InvalidFieldError("lead_asset", settings.lead_asset, error.allowed) from None
    if lead.coin == market.coin:
        allowed = f"a market other than {market.coin}, which is traded"
        raise InvalidFieldError("lead_asset", settings.lead_asset, allowed)
    return lead


async def listed_market(
    settings: MakerSettings, http: aiohttp.ClientSession, clock: Clock
) -> tuple[ListedMarket, PerpUniverse]:
    """The market of the settings and the venue's own list of its dex; no key is needed. Raises
    VenueError and InvalidDataError."""
    rest = Rest(url_of(settings), http, clock, WeightBudget(Random(clock.now())))  # noqa: S311
    dexes = dict.fromkeys((MAIN, settings.dex, _dex_of(settings.asset)))
    try:
        universe = await load_universe(rest, dexes)
        market = universe.find(settings.asset, settings.dex)
        meta: PerpUniverse = await rest.ask(ask("meta", dex=market.dex or None))
    except VenueUnavailableError as error:
        raise VenueUnavailableError(f"Failed to connect to exchange: {error}") from None
    except InvalidFieldError as error:
        raise _not_found(error) from None
    return market, meta


def market_prefix(settings: MakerSettings, market: ListedMarket) -> str:
    """Of files about it: {network|dex}_{asset}, the naming convention of SOP 6.6."""
    return f"{market.dex or network_name(settings)}_{market.base}"


async def dexes_of(
    settings: MakerSettings, http: aiohttp.ClientSession, clock: Clock
) -> tuple[DexInfo, ...]:
    """Builders' dexes, in the venue's order; no key is needed. Raises VenueError."""
    rest = Rest(url_of(settings), http, clock, WeightBudget(Random(clock.now())))  # noqa: S311
    try:
        return tuple(dex for dex in await load_dexes(rest) if dex is not None)
    except VenueUnavailableError as error:
        raise VenueUnavailableError(
            f"Failed to connect to exchange: {shown_url(rest.url)} does not answer: {error}"
        ) from None


def _not_found(error: InvalidFieldError) -> InvalidDataError:
    problem = _dex_error(error)
    if isinstance(problem, InvalidDataError):
        return problem
    return InvalidDataError("AssetNotFound", f"{error}; {HELP_ASSET}")


def _dex_error(error: InvalidFieldError) -> InvalidDataError | InvalidFieldError:
    if str(error).startswith("dex:"):
        return InvalidDataError("DexNotFound", f"{error}; --list-dexs lists them")
    return error
