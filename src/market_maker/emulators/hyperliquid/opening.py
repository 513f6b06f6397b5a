"""The emulated venue made of the options of its command."""

from decimal import Decimal

import msgspec
from msgspec import Struct

from market_maker.emulators.hyperliquid.faults import CHANCES, VenueFaults
from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.markets import MarketFactory
from market_maker.emulators.hyperliquid.numbers import decimal
from market_maker.emulators.hyperliquid.subscriptions import FAST_BOOK
from market_maker.emulators.hyperliquid.venue import Hyperliquid, VenueSettings
from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import Nanos
from market_maker.venues.hyperliquid.addresses import address as account_address

TEST_ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325"
"""Of the key 0x0123…0123 that every client library tests with: it has money unless others are
named. Never use it elsewhere: the key is public."""

VAULT_USD = Decimal(100_000)
NO_LIMITS = VenueLimits(
    ip_weight=None,
    free_actions=None,
    connections=1_000,
    connections_a_minute=100_000,
    users=1_000,
    subscriptions=100_000,
    messages_a_minute=10_000_000,
)


class HyperliquidOptions(Struct, frozen=True, kw_only=True):
    """As typed: NAME=VALUE where a list has two things to say."""

    seed: int = 1
    accounts: list[str]
    agents: list[str] = []
    vaults: list[str] = []
    coins: list[str] = []
    oi_caps: list[str] = []
    schedule_volume: float = 1_000_000
    limits: bool = True
    mainnet: bool = False
    faults: list[str] = []
    frozen: list[str] = []
    delay_ms: int = 0
    fast_book_ms: int = FAST_BOOK.every


def opened(
    options: HyperliquidOptions, start: Nanos, make_market: MarketFactory | None = None
) -> Hyperliquid:
    """The venue with its accounts. Raises InvalidFieldError, which names the option."""
    caps = dict(_amount("oi-cap", entry) for entry in options.oi_caps)
    listed = universe(options.coins or None, caps)
    for coin in options.frozen:
        if listed.coin(coin) is None:
            raise InvalidFieldError("freeze", coin, "a listed coin")
    settings = VenueSettings(
        seed=options.seed,
        limits=VenueLimits() if options.limits else NO_LIMITS,
        faults=_faults(options),
        schedule_volume=Decimal(str(options.schedule_volume)),
        mainnet=options.mainnet,
        fast_book_ms=options.fast_book_ms,
    )
    accounts = dict(_amount("account", entry) for entry in options.accounts)
    named = {account_address("account", name): usd for name, usd in accounts.items()}
    agents = [_pair("agent", entry, named) for entry in options.agents]
    vaults = [_pair("vault", entry, named) for entry in options.vaults]
    venue = Hyperliquid(listed, start, settings, make_market)
    for name, usd in named.items():
        venue.fund(name, usd)
    for name, master in agents:
        venue.appoint(name, master)
    for name, leader in vaults:
        venue.open_vault(name, leader, VAULT_USD)
    return venue


def _faults(options: HyperliquidOptions) -> VenueFaults:
    chances = {}
    for entry in options.faults:
        name, value = _split("fault", entry)
        name = name.replace("-", "_")
        chance = decimal(value)
        if name not in CHANCES or chance is None or not 0 <= chance <= 1:
            allowed = f"a probability from 0 to 1 after the = of one of {', '.join(CHANCES)}"
            raise InvalidFieldError("fault", entry, allowed)
        chances[name] = float(chance)
    terms = {**chances, "frozen": options.frozen, "delay_ms": options.delay_ms}
    return msgspec.convert(terms, VenueFaults)


def _split(option: str, entry: str) -> tuple[str, str]:
    name, separator, value = entry.partition("=")
    if not separator:
        raise InvalidFieldError(option, entry, "two things with = between them")
    return name, value


def _amount(option: str, entry: str) -> tuple[str, Decimal]:
    name, value = _split(option, entry)
    amount = decimal(value)
    if amount is None or amount < 0:
        raise InvalidFieldError(option, entry, "an amount of USD after the =")
    return name, amount


def _pair(option: str, entry: str, accounts: dict[str, Decimal]) -> tuple[str, str]:
    name, value = _split(option, entry)
    owner = account_address(option, value)
    if owner not in accounts:
        raise InvalidFieldError(option, entry, "an address, =, and an address of --account")
    return account_address(option, name), owner
