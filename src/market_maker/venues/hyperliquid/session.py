"""Everything that a command needs of Hyperliquid, made in the order in which the venue wants it.

Who the key is, what there is to trade, and only then a connection. Makers of one process share one
session: one websocket, one weight budget, one count of actions.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random

import aiohttp
from msgspec import Struct

from market_maker.model.account import AccountIdentity
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.shown_url import shown_url
from market_maker.model.units import Nanos, ParticipantId
from market_maker.ports import Clock
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch
from market_maker.venues.hyperliquid.account import HyperliquidAccount
from market_maker.venues.hyperliquid.accounts import Signer, TradingAccount, TradingAccounts
from market_maker.venues.hyperliquid.addresses import TESTNET_URL
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.connection import HyperliquidConnection
from market_maker.venues.hyperliquid.identity import KeyHolder, identify
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.nonces import SharedNonces
from market_maker.venues.hyperliquid.universe import MAIN, Universe, load_universe
from market_maker.venues.hyperliquid.venue import HyperliquidVenue


class SessionOptions(Struct, frozen=True, kw_only=True):
    """url: of the server. dexes: names or full names of those to read; "" is the venue's own, None
    all of them. spot: whether spot pairs are wanted. account: a vault or sub-account to trade for,
    instead of the key's own. state: folder of the nonces, the same for all who sign with the key.
    weight_share: of this IP address's weight, where other programs send from it. lasting: how long
    the key has to be valid. on_limited: as Rest has it, from the first question on. watch: where
    its websockets are counted that end."""

    state: Path
    url: str = TESTNET_URL
    dexes: tuple[str, ...] | None = (MAIN,)
    spot: bool = False
    account: str = ""
    weight_share: float = 1.0
    lasting: Nanos = Nanos(0)
    on_limited: Callable[[], None] | None = None
    watch: ConnectionWatch = UNCOUNTED


class HyperliquidSession(Struct, frozen=True):
    """account_id: what orders call the account. identity: whose it is. connection: `run` it beside
    the venues. account: what is no order."""

    account_id: str
    identity: AccountIdentity
    universe: Universe
    connection: HyperliquidConnection
    trader: TradingAccount
    account: HyperliquidAccount

    def venue(self, coin: str, *, owner: ParticipantId | None = None) -> HyperliquidVenue:
        """One market of the session; `run` it while orders are to go out. owner: who gets fills of
        orders that were not sent from here (a liquidation, a trade by hand); None leaves them to
        reconciliation."""
        market = self.universe.markets[coin]
        return HyperliquidVenue(self.connection, market, [self.account_id], owner=owner)


async def open_session(
    key: SigningKey,
    options: SessionOptions,
    http: aiohttp.ClientSession,
    clock: Clock,
    rng: Random,
) -> HyperliquidSession:
    """Ask the venue who `key` is and what there is to trade. Nothing is changed there. Raises
    VenueRefusedError and InvalidFieldError with one line for a person, VenueUnavailableError where
    the venue does not answer."""
    budget = WeightBudget(rng, options.weight_share)
    rest = Rest(options.url, http, clock, budget, watch=options.watch)
    rest.on_limited = options.on_limited
    try:
        identity = await identify(
            rest, clock, key.address, account=options.account, lasting=options.lasting
        )
    except VenueUnavailableError as error:
        raise VenueUnavailableError(f"{shown_url(rest.url)} does not answer: {error}") from None
    universe = await load_universe(rest, options.dexes, spot=options.spot)
    trader = trading_account(key, identity, options.state)
    accounts = TradingAccounts({identity.account: trader})
    connection = HyperliquidConnection(rest, http, clock, accounts, rng, watch=options.watch)
    connection.clock_ahead_ms = identity.clock_ahead_ms
    account = HyperliquidAccount(connection, universe, trader, identity.mode)
    return HyperliquidSession(identity.account, identity, universe, connection, trader, account)


def trading_account(
    key: SigningKey, identity: AccountIdentity | KeyHolder, state: Path
) -> TradingAccount:
    """The account that the key was found to act for. An agent acts in its master's name; for a
    vault or a sub-account it says so in every action."""
    own = identity.account in {identity.signer, identity.master}
    signer = Signer(key, SharedNonces(state, key.address))
    return TradingAccount(identity.account, signer, None if own else identity.account)
