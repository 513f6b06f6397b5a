"""What can be traded: perpetuals of the venue and of builders' dexes (HIP-3), and spot pairs.

An order names its market by a number that is made of positions in the venue's lists, so those
are read at every start and never compacted. Source: Hyperliquid docs, "Asset IDs", "HIP-3".
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal

from msgspec import Struct

from market_maker.model.errors import InvalidDataError, InvalidFieldError, VenueError
from market_maker.model.instrument import Instrument
from market_maker.model.price_grid import significant_figures
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.info import ask
from market_maker.venues.hyperliquid.market_wire import (
    DexInfo,
    PerpAsset,
    PerpUniverse,
    SpotUniverse,
)
from market_maker.venues.hyperliquid.precision import (
    MIN_NOTIONAL,
    SIGNIFICANT_FIGURES,
    MarketKind,
    price_decimals,
)

MAIN = ""
"""The name of the venue's own dex, the first one."""

MAIN_NAMES = ("", "main", "validator", "hyperliquid")
"""What people call it."""

USDC = "USDC"
_USDC_TOKEN = 0
_BUILDER_FIRST = 100_000
_BUILDER_STEP = 10_000
_SPOT_FIRST = 10_000


class ListedMarket(Struct, frozen=True):
    """coin: what streams and positions call it, e.g. BTC, hyna:BTC, PURR/USDC or @107. asset: what
    orders call it. dex: "" of the venue itself. collateral: name of the token that money is in;
    collateral_index: its number. base_index: of a spot pair, the number of the token that is bought
    and sold. isolated: positions have margin of their own; removable: which can
    be taken out again."""

    coin: str
    asset: int
    sz_decimals: int
    kind: MarketKind = MarketKind.PERP
    dex: str = MAIN
    collateral: str = USDC
    collateral_index: int = _USDC_TOKEN
    base_index: int | None = None
    max_leverage: int = 1
    isolated: bool = False
    removable: bool = True
    delisted: bool = False
    growth: bool = False

    @property
    def base(self) -> str:
        """Without its dex: BTC."""
        return self.coin.rpartition(":")[2]

    def instrument(self, maker_fee_bps: Decimal = Decimal(0)) -> Instrument:
        """With one unit of the wire as tick; its price grid has five significant figures."""
        tick_size = Decimal(1).scaleb(-price_decimals(self.sz_decimals, self.kind))
        return Instrument(
            symbol=self.coin,
            tick_size=tick_size,
            lot_size=Decimal(1).scaleb(-self.sz_decimals),
            min_notional=MIN_NOTIONAL,
            maker_fee_bps=maker_fee_bps,
            price_grid=significant_figures(tick_size, SIGNIFICANT_FIGURES),
        )


class Universe(Struct, frozen=True):
    """dexes: of builders, in the venue's order, with None where it has none. markets: by coin."""

    dexes: tuple[DexInfo | None, ...]
    markets: Mapping[str, ListedMarket]

    def find(self, asset: str, dex: str = MAIN) -> ListedMarket:
        """The market that people mean: BTC on a dex, hyna:BTC, PURR/USDC. Raises InvalidFieldError
        for one that is not there, names what is most like it, and for one that is delisted."""
        name = dex_name(self.dexes, dex)
        prefix, colon, base = asset.rpartition(":")
        if colon and name not in {MAIN, dex_name(self.dexes, prefix)}:
            raise InvalidFieldError("asset", asset, f"one of dex {name}, or without a dex")
        name = dex_name(self.dexes, prefix) if colon else name
        coin = f"{name}:{base}" if name else base
        market = self.markets.get(coin) or self._whatever_case(coin)
        if market is None:
            raise InvalidFieldError("asset", asset, self._near(coin, name))
        if market.delisted:
            raise InvalidFieldError("asset", asset, "one that is not delisted")
        return market

    def of_dex(self, dex: str) -> tuple[ListedMarket, ...]:
        """All perpetuals of a dex, in the venue's order."""
        perps = (m for m in self.markets.values() if m.kind is MarketKind.PERP and m.dex == dex)
        return tuple(sorted(perps, key=lambda market: market.asset))

    def _listed(self, dex: str) -> Iterable[tuple[str, ListedMarket]]:
        return ((coin, m) for coin, m in self.markets.items() if m.dex == dex and not m.delisted)

    def _whatever_case(self, coin: str) -> ListedMarket | None:
        alike = [m for known, m in self.markets.items() if known.lower() == coin.lower()]
        return alike[0] if len(alike) == 1 else None

    def _near(self, coin: str, dex: str) -> str:
        listed = {market.base.upper(): known for known, market in self._listed(dex)}
        near = difflib.get_close_matches(coin.rpartition(":")[2].upper(), listed, 3)
        names = [listed[name] for name in near] or sorted(listed.values())[:5]
        where = f"dex {dex}" if dex else "the main dex"
        return f"a market of {where}, such as {', '.join(names) or 'none (it lists nothing)'}"


def dex_name(dexes: Iterable[DexInfo | None], text: str) -> str:
    """The short name of a dex from its name or its full name, in any case; "" for the venue's own.
    Raises InvalidFieldError, which lists them."""
    wanted = text.strip().lower()
    if wanted in MAIN_NAMES:
        return MAIN
    known = [dex for dex in dexes if dex is not None]
    for dex in known:
        if wanted in {dex.name.lower(), dex.full_name.lower()}:
            return dex.name
    listed = ", ".join(
        dex.name if dex.full_name.lower() == dex.name else f"{dex.name} ({dex.full_name})"
        for dex in known
    )
    raise InvalidFieldError("dex", text, f"main{', ' + listed if listed else ''}")


async def load_dexes(rest: Rest) -> tuple[DexInfo | None, ...]:
    """All dexes; the first is None, the venue's own. Raises VenueError."""
    dexes: tuple[DexInfo | None, ...] = await rest.ask(ask("perpDexs"))
    return dexes


async def load_universe(
    rest: Rest,
    dexes: Iterable[str] | None = (MAIN,),
    *,
    spot: bool = False,
) -> Universe:
    """The perpetuals of these dexes (by name or full name; None: of all), and spot pairs. Raises
    VenueError, and InvalidFieldError for a dex that is not there.

    Trading perpetuals must not depend on the spot list, which is large and had faults: when only
    the name of a collateral token is wanted from it, its number is the name in its absence."""
    listed = await load_dexes(rest)
    everywhere = [MAIN if dex is None else dex.name for dex in listed]
    names = everywhere if dexes is None else [dex_name(listed, dex) for dex in dexes]
    metas = await _metas(rest, listed, names)
    tokens: SpotUniverse | None = None
    if spot or any(meta.collateral_token != _USDC_TOKEN for meta in metas.values()):
        try:
            tokens = await rest.ask(ask("spotMeta"))
        except VenueError:
            if spot:
                raise
    markets = [m for name, meta in metas.items() for m in perps(listed, name, meta, tokens)]
    if spot and tokens is not None:
        markets += pairs(tokens)
    return Universe(listed, {market.coin: market for market in markets})


async def _metas(
    rest: Rest, listed: Sequence[DexInfo | None], names: Sequence[str]
) -> dict[str, PerpUniverse]:
    """What each of these dexes lists. That of all dexes weighs as much as that of one; it does not
    say whose it is, so its order is checked by the names of the markets. Where it is not answered,
    each dex is asked for its own."""
    found: dict[str, PerpUniverse] = {}
    if len(names) > 1:
        answers: Sequence[PerpUniverse | tuple[PerpUniverse, ...]] = ()
        with suppress(VenueError):
            answers = await rest.ask(ask("allPerpMetas"))
        for dex, answer in zip(listed, answers, strict=False):
            meta = answer[0] if isinstance(answer, tuple) else answer
            name = MAIN if dex is None else dex.name
            if meta.universe and {_dex_of(one.name) for one in meta.universe} == {name}:
                found[name] = meta
    for name in names:
        if name not in found:
            found[name] = await rest.ask(ask("meta", dex=name or None))
    return {name: found[name] for name in names}


def _dex_of(coin: str) -> str:
    return coin.partition(":")[0] if ":" in coin else MAIN


def perps(
    dexes: tuple[DexInfo | None, ...],
    dex: str,
    meta: PerpUniverse,
    tokens: SpotUniverse | None = None,
) -> list[ListedMarket]:
    """The perpetuals of one dex. Raises InvalidDataError where the dex is not in the list."""
    first = 0
    if dex != MAIN:
        places = [at for at, known in enumerate(dexes) if known is not None and known.name == dex]
        if not places:
            raise InvalidDataError("perpDexs", f"no {dex}")
        first = _BUILDER_FIRST + _BUILDER_STEP * places[0]
    names = {token.index: token.name for token in tokens.tokens} if tokens else {}
    token = meta.collateral_token
    collateral = USDC if token == _USDC_TOKEN else names.get(token, f"token {token}")
    markets = []
    # Delisted ones keep their place.
    for place, asset in enumerate(meta.universe):
        markets.append(
            ListedMarket(
                coin=asset.name,
                asset=first + place,
                sz_decimals=asset.sz_decimals,
                dex=dex,
                collateral=collateral,
                collateral_index=token,
                max_leverage=asset.max_leverage,
                isolated=_isolated(asset),
                removable=asset.margin_mode != "strictIsolated",
                delisted=asset.is_delisted,
                growth=asset.growth_mode == "enabled",
            )
        )
    return markets


def pairs(spot: SpotUniverse) -> list[ListedMarket]:
    """Spot pairs. Those of tokens that are not listed are left out."""
    tokens = {token.index: token for token in spot.tokens}
    markets = []
    for pair in spot.universe:
        base, quote = (tokens.get(index) for index in pair.tokens)
        if base is None or quote is None:
            continue
        markets.append(
            ListedMarket(
                coin=pair.name,
                asset=_SPOT_FIRST + pair.index,
                sz_decimals=base.sz_decimals,
                kind=MarketKind.SPOT,
                collateral=quote.name,
                collateral_index=quote.index,
                base_index=base.index,
            )
        )
    return markets


def _isolated(asset: PerpAsset) -> bool:
    if asset.margin_mode is not None:
        return asset.margin_mode in {"strictIsolated", "noCross"}
    return asset.only_isolated
