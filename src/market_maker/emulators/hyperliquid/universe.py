"""What the emulated venue lists: dexes, perpetuals, margin tables and tokens. Values only.

Names, order of the dexes, size decimals and margin tables are those recorded from the venue on
2025-12-13 and 2026-02-06; the prices at which the markets open are made up.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from market_maker.model.errors import NotFoundError
from market_maker.sandbox.parameters import TraderParameters

PRICE_DECIMALS = 6
"""Decimals of a perpetual's price and of its size together."""

SIGNIFICANT = 5
"""Significant figures of a price that is no integer."""

DEX_ASSETS = 10_000
"""Ids that each dex has; the second dex begins at 110,000."""

SPOT_FIRST = 10_000
OWN_TABLES = 50
"""Margin tables below this number are one tier with the number as its leverage."""


class MarginMode(StrEnum):
    """NORMAL: cross or isolated. NO_CROSS: isolated. STRICT: isolated, and margin only leaves when
    the position is reduced."""

    NORMAL = "normal"
    NO_CROSS = "noCross"
    STRICT = "strictIsolated"


class LeverageTier(Struct, frozen=True):
    """Leverage allowed from a notional on, USD."""

    lower_bound: Decimal
    max_leverage: int


class LeverageTable(Struct, frozen=True):
    """Tiers by rising lower bound; the first begins at 0."""

    description: str
    tiers: tuple[LeverageTier, ...]


class Perp(Struct, frozen=True, kw_only=True):
    """One perpetual. name: as on the wire, with the dex before it. others_lots: open interest of
    people who are not simulated. cap_usd: open interest cap, None for none."""

    name: str
    sz_decimals: int
    max_leverage: int
    margin_table: int
    price: float
    mode: MarginMode = MarginMode.NORMAL
    growth: bool = False
    delisted: bool = False
    others_lots: int = 0
    cap_usd: Decimal | None = None
    traders: TraderParameters | None = None

    @property
    def tick(self) -> Decimal:
        """The unit in which prices are counted, quote currency."""
        return Decimal(1).scaleb(self.sz_decimals - PRICE_DECIMALS)

    @property
    def lot(self) -> Decimal:
        """The unit in which sizes are counted, base currency."""
        return Decimal(1).scaleb(-self.sz_decimals)

    def step(self, ticks: int) -> int:
        """How many ticks apart two neighbouring prices are at a price."""
        whole: int = 10 ** (PRICE_DECIMALS - self.sz_decimals)
        figures: int = 10 ** max(0, len(str(ticks)) - SIGNIFICANT)
        return min(whole, figures)


class Dex(Struct, frozen=True, kw_only=True):
    """One clearing house. name: "" for the validators' own. collateral: index of its token.
    fee_scale: deployerFeeScale."""

    name: str
    full_name: str = ""
    deployer: str = ""
    collateral: int = 0
    fee_scale: Decimal = Decimal(1)
    perps: tuple[Perp, ...] = ()


class Token(Struct, frozen=True, kw_only=True):
    """One token. id: its 16 bytes in hex."""

    name: str
    index: int
    sz_decimals: int
    wei_decimals: int
    id: str
    full_name: str | None = None


class ListedPair(Struct, frozen=True, kw_only=True):
    """One spot pair, listed so that clients can load it; the emulator trades perpetuals only."""

    name: str
    index: int
    base: int
    quote: int
    price: Decimal


class Listed(Struct, frozen=True):
    """A perpetual in its place. asset: the id in actions. dex: index of its dex."""

    asset: int
    dex: int
    perp: Perp


class ListedUniverse:
    """All that is listed, looked up by id and by name."""

    def __init__(
        self,
        dexes: tuple[Dex, ...],
        tables: dict[int, LeverageTable],
        tokens: tuple[Token, ...],
        pairs: tuple[ListedPair, ...],
    ) -> None:
        self.dexes, self.tables, self.tokens, self.pairs = dexes, tables, tokens, pairs
        self.listed = tuple(
            Listed(_asset(dex, place), dex, perp)
            for dex, entry in enumerate(dexes)
            for place, perp in enumerate(entry.perps)
        )
        self._by_asset = {listed.asset: listed for listed in self.listed}
        self._by_name = {listed.perp.name: listed for listed in self.listed}
        self._dex_by_name = {entry.name: number for number, entry in enumerate(dexes)}

    def asset(self, number: int) -> Listed | None:
        """By id, None where there is none."""
        return self._by_asset.get(number)

    def coin(self, name: str) -> Listed | None:
        """By name, None where there is none."""
        return self._by_name.get(name)

    def pair(self, name: str) -> ListedPair | None:
        """A spot pair by name, None where there is none."""
        return next((pair for pair in self.pairs if pair.name == name), None)

    def dex(self, name: str) -> int | None:
        """The index of a dex by its name, None where there is none."""
        return self._dex_by_name.get(name)

    def token(self, index: int) -> Token:
        """Raises NotFoundError."""
        for token in self.tokens:
            if token.index == index:
                return token
        raise NotFoundError("token", str(index))

    def table(self, perp: Perp) -> LeverageTable:
        """The tiers of one perpetual."""
        if perp.margin_table < OWN_TABLES:
            return LeverageTable("", (LeverageTier(Decimal(0), perp.margin_table),))
        return self.tables[perp.margin_table]


def _asset(dex: int, place: int) -> int:
    return place if dex == 0 else 100_000 + DEX_ASSETS * dex + place
