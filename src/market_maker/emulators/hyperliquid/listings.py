"""The universe that the emulator lists unless a test makes another."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from market_maker.emulators.hyperliquid.universe import (
    Dex,
    LeverageTable,
    LeverageTier,
    ListedPair,
    ListedUniverse,
    MarginMode,
    Perp,
    Token,
)
from market_maker.model.errors import InvalidFieldError
from market_maker.sandbox.parameters import TraderParameters

LIVELY = TraderParameters()
QUIET = TraderParameters(
    depth_wakes_per_s=8.0,
    noise_orders_per_s=0.5,
    noise_quotes_per_s=1.0,
    informed_wakes_per_s=0.5,
    momentum_wakes_per_s=0.2,
)
"""Markets of the smaller dexes move less often."""


def _tiers(*steps: tuple[int, int]) -> tuple[LeverageTier, ...]:
    return tuple(LeverageTier(Decimal(bound), leverage) for bound, leverage in steps)


TABLES = {
    50: LeverageTable("", _tiers((0, 50))),
    51: LeverageTable("tiered 10x", _tiers((0, 10), (3_000_000, 5))),
    52: LeverageTable("tiered 10x (2)", _tiers((0, 10), (20_000_000, 5))),
    53: LeverageTable("tiered 20x", _tiers((0, 20), (40_000_000, 10))),
    54: LeverageTable("tiered 20x (2)", _tiers((0, 20), (70_000_000, 10))),
    55: LeverageTable("tiered 25x", _tiers((0, 25), (100_000_000, 15))),
    56: LeverageTable("tiered 40x", _tiers((0, 40), (150_000_000, 20))),
}

TOKENS = (
    Token(
        name="USDC",
        index=0,
        sz_decimals=8,
        wei_decimals=8,
        id="0x6d1e7cde53ba9467b783cb7c530ce054",
    ),
    Token(
        name="PURR",
        index=1,
        sz_decimals=0,
        wei_decimals=5,
        id="0xc1fb593aeffbeb02f85e0308e9956a90",
    ),
    Token(
        name="HYPE",
        index=150,
        sz_decimals=2,
        wei_decimals=8,
        id="0x0d01dc56dcaaca66ad901c959b4011ec",
        full_name="Hyperliquid",
    ),
    Token(
        name="USDE",
        index=235,
        sz_decimals=2,
        wei_decimals=8,
        id="0x2e6d84f2d7ca82e6581e03523e4389f7",
        full_name="USDe",
    ),
    Token(
        name="USDH",
        index=360,
        sz_decimals=2,
        wei_decimals=8,
        id="0x54e00a5988577cb0b0c9ab0cb6ef7f4b",
        full_name="USDH",
    ),
)
"""Indices are sparse, as at the venue."""

PAIRS = (
    ListedPair(name="PURR/USDC", index=0, base=1, quote=0, price=Decimal("0.18")),
    ListedPair(name="@107", index=107, base=150, quote=0, price=Decimal("38.5")),
)


def _perp(
    name: str, grid: tuple[int, int, int], price: float, *, quiet: bool = False, **more: object
) -> Perp:
    sz_decimals, leverage, table = grid
    traders = msgspec.structs.replace(QUIET if quiet else LIVELY, start_price=price)
    return msgspec.convert(
        {
            "name": name,
            "sz_decimals": sz_decimals,
            "max_leverage": leverage,
            "margin_table": table,
            "price": price,
            "traders": traders,
            **more,
        },
        Perp,
    )


def _small(name: str, grid: tuple[int, int, int], price: float, **more: object) -> Perp:
    return _perp(name, grid, price, quiet=True, **more)


_MILLION = Decimal(1_000_000)

DEXES = (
    Dex(
        name="",
        perps=(
            _perp("BTC", (5, 40, 56), 97_500.0, others_lots=2_272_778_266),
            _perp("ETH", (4, 25, 55), 3_900.0, others_lots=4_065_890_605),
            _perp("ATOM", (2, 5, 5), 4.2, quiet=True),
            _perp("MATIC", (1, 20, 20), 0.38, quiet=True, delisted=True),
            _perp("DYDX", (1, 5, 5), 0.62, quiet=True),
            _perp("SOL", (2, 20, 54), 205.0),
            _perp("DOGE", (0, 10, 52), 0.2123, quiet=True),
            _perp("HYPE", (2, 10, 52), 38.5, quiet=True),
        ),
    ),
    Dex(
        name="xyz",
        full_name="XYZ",
        deployer="0x88806a71d74ad0a510b350545c9ae490912f0888",
        perps=(
            _small(
                "xyz:XYZ100",
                (4, 25, 25),
                24_657.0,
                mode=MarginMode.NO_CROSS,
                growth=True,
                cap_usd=150 * _MILLION,
            ),
            _small(
                "xyz:TSLA",
                (3, 10, 10),
                399.5,
                mode=MarginMode.STRICT,
                growth=True,
                cap_usd=25 * _MILLION,
            ),
            _small(
                "xyz:GOLD", (4, 20, 20), 4_120.0, mode=MarginMode.NO_CROSS, cap_usd=25 * _MILLION
            ),
        ),
    ),
    Dex(
        name="flx",
        full_name="Felix Exchange",
        deployer="0x2fab552502a6d45920d5741a2f3ebf4c35536352",
        collateral=360,
        perps=(
            _small(
                "flx:TSLA",
                (3, 10, 10),
                399.5,
                mode=MarginMode.STRICT,
                cap_usd=Decimal("4.5") * _MILLION,
            ),
            _small("flx:GOLD", (3, 20, 20), 4_120.0, mode=MarginMode.STRICT, cap_usd=10 * _MILLION),
        ),
    ),
    Dex(
        name="vntl",
        full_name="Ventuals",
        deployer="0x8888888192a4a0593c13532ba48449fc24c3beda",
        perps=(
            _small("vntl:SPACEX", (2, 3, 3), 385.0, mode=MarginMode.STRICT, cap_usd=3 * _MILLION),
        ),
    ),
    Dex(
        name="hyna",
        full_name="HyENA",
        deployer="0x53e655101ea361537124ef814ad4e654b54d0637",
        collateral=235,
        perps=(
            _small(
                "hyna:BTC", (5, 40, 40), 97_500.0, mode=MarginMode.STRICT, cap_usd=10 * _MILLION
            ),
            _small("hyna:ETH", (4, 25, 25), 3_900.0, mode=MarginMode.STRICT, cap_usd=10 * _MILLION),
            _small("hyna:HYPE", (2, 10, 10), 38.5, mode=MarginMode.STRICT, cap_usd=10 * _MILLION),
            _small("hyna:SOL", (2, 20, 20), 205.0, mode=MarginMode.STRICT, cap_usd=10 * _MILLION),
        ),
    ),
)


def universe(
    coins: Iterable[str] | None = None, caps: dict[str, Decimal] | None = None
) -> ListedUniverse:
    """The listed universe. coins: those that are alive, all others are delisted but keep their
    ids; None for all. caps: open interest caps that differ, USD. Raises InvalidFieldError for a
    coin that is not listed."""
    known = {perp.name for dex in DEXES for perp in dex.perps}
    alive = None if coins is None else frozenset(coins)
    for name in sorted((alive or frozenset()) | set(caps or {})):
        if name not in known:
            raise InvalidFieldError("coin", name, f"one of {', '.join(sorted(known))}")

    def changed(perp: Perp) -> Perp:
        delisted = perp.delisted if alive is None else perp.name not in alive
        cap = (caps or {}).get(perp.name, perp.cap_usd)
        return msgspec.structs.replace(perp, delisted=delisted, cap_usd=cap)

    dexes = tuple(
        msgspec.structs.replace(dex, perps=tuple(map(changed, dex.perps))) for dex in DEXES
    )
    return ListedUniverse(dexes, TABLES, TOKENS, PAIRS)
