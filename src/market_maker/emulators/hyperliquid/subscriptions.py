"""What a socket may subscribe to, and the frames of each subscription.

Cadences are those seen at the venue in 2026: a full book each 5 s, a fast one each half second, the
best prices as they change.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from market_maker.emulators.hyperliquid import account_answers as account_of
from market_maker.emulators.hyperliquid import listing_answers as listing
from market_maker.emulators.hyperliquid.info import (
    BadRequestError,
    Info,
    InfoQuestion,
    check_grouping,
)
from market_maker.emulators.hyperliquid.trade_history import INTERVALS
from market_maker.emulators.hyperliquid.universe import ListedPair

SNAPSHOT_FILLS = 2_000
SNAPSHOT_ENTRIES = 500


class StreamSubscription(Struct, frozen=True):
    """As it is compared: who asks twice for the same has it already."""

    type: str
    coin: str | None = None
    user: str | None = None
    dex: str | None = None
    interval: str | None = None
    nSigFigs: int | None = None  # noqa: N815  the wire's names
    mantissa: int | None = None
    fast: bool | None = None
    aggregateByTime: bool | None = None  # noqa: N815


class Cadence(Struct, frozen=True):
    """How often a state is sent, ms. changed: only when it differs from the last one."""

    every: int
    changed: bool = False


BOOK = Cadence(5_000)
FAST_BOOK = Cadence(500)
STATES: dict[str, Cadence] = {
    "activeAssetCtx": Cadence(1_000, changed=True),
    "activeAssetData": Cadence(1_000, changed=True),
    "allDexsAssetCtxs": Cadence(5_000),
    "allDexsClearinghouseState": Cadence(5_000),
    "allMids": Cadence(2_000),
    "bbo": Cadence(0, changed=True),
    "candle": Cadence(1_000, changed=True),
    "clearinghouseState": Cadence(1_000),
    "openOrders": Cadence(1_000),
    "spotState": Cadence(1_000, changed=True),
    "webData3": Cadence(5_000),
}
"""Subscriptions that are sent by themselves, whatever happens."""

EVENTS = frozenset(
    {
        "notification",
        "orderUpdates",
        "trades",
        "twapStates",
        "userEvents",
        "userFills",
        "userFundings",
        "userNonFundingLedgerUpdates",
        "userTwapHistory",
        "userTwapSliceFills",
    }
)
"""Subscriptions to events."""

OF_COINS = frozenset({"activeAssetCtx", "activeAssetData", "bbo", "candle", "l2Book", "trades"})
OF_SPOT = OF_COINS - {"activeAssetData"}
OF_MARKETS = frozenset({"allMids", "allDexsAssetCtxs"})


def read(raw: bytes, info: Info) -> StreamSubscription:
    """A subscription that makes sense. Raises BadRequestError."""
    try:
        asked = msgspec.json.decode(raw, type=StreamSubscription)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequestError(str(error)) from None
    if asked.type != "l2Book" and asked.type not in STATES and asked.type not in EVENTS:
        raise BadRequestError("type")
    if asked.type in OF_COINS and not (_spot(asked, info) and asked.type in OF_SPOT):
        info.coin(asked.coin)
    check_grouping(asked.nSigFigs, asked.mantissa)
    if asked.type == "candle" and asked.interval not in INTERVALS:
        raise BadRequestError("interval")
    if _is_private(asked):
        asked = msgspec.structs.replace(asked, user=info.user(InfoQuestion("", user=asked.user)))
    info.dex(InfoQuestion("", dex=asked.dex))
    return asked


def _spot(asked: StreamSubscription, info: Info) -> ListedPair | None:
    return info.world.universe.pair(asked.coin or "")


def _is_private(asked: StreamSubscription) -> bool:
    return asked.type not in (OF_COINS - {"activeAssetData"}) | OF_MARKETS


def echo(asked: StreamSubscription) -> dict[str, Any]:
    """As the answer repeats it: books with the terms that were left out."""
    found = {
        name: value for name, value in msgspec.structs.asdict(asked).items() if value is not None
    }
    if asked.type == "l2Book":
        found = {"nSigFigs": None, "mantissa": None, **found}
    return found


def cadence(asked: StreamSubscription, fast_book: Cadence = FAST_BOOK) -> Cadence | None:
    """Of a state; None for subscriptions to events. fast_book: of fast books."""
    if asked.type == "l2Book":
        return fast_book if asked.fast else BOOK
    return STATES.get(asked.type)


def state(asked: StreamSubscription, info: Info) -> dict[str, Any] | None:
    """The frame that says how things stand; None where there is nothing to say."""
    pair = _spot(asked, info)
    if pair is not None:
        return _of_spot(asked, info, pair)
    building = BUILDERS.get(asked.type)
    return building(asked, info) if building is not None else None


def snapshot(asked: StreamSubscription, info: Info) -> dict[str, Any] | None:
    """What a subscription to events begins with: the venue sends none for most of them."""
    account = info.world.accounts.find(asked.user or "")
    if asked.type == "userFills":
        rows = account_of.fills(account, None, None)[:SNAPSHOT_FILLS]
        return _said("userFills", {"isSnapshot": True, "user": asked.user, "fills": rows})
    if asked.type == "userFundings":
        fundings = [
            {"time": row["time"], **{k: v for k, v in row["delta"].items() if k != "type"}}
            for row in (account.fundings if account else ())
        ][-SNAPSHOT_ENTRIES:]
        return _said(asked.type, {"isSnapshot": True, "user": asked.user, "fundings": fundings})
    if asked.type == "userNonFundingLedgerUpdates":
        ledger = list(account.ledger if account else ())[-SNAPSHOT_ENTRIES:]
        data = {"isSnapshot": True, "user": asked.user, "nonFundingLedgerUpdates": ledger}
        return _said(asked.type, data)
    if asked.type == "trades" and _spot(asked, info) is None:
        trades = list(info.world.histories[info.coin(asked.coin).asset].trades)
        return _said("trades", trades) if trades else None
    return None


def _said(channel: str, data: Any) -> dict[str, Any]:
    return {"channel": channel, "data": data}


def _of_spot(asked: StreamSubscription, info: Info, pair: ListedPair) -> dict[str, Any] | None:
    """A spot pair is listed and has a price, and is not traded."""
    if asked.type == "l2Book":
        return _said("l2Book", listing.empty_book(info.world, pair.name))
    if asked.type == "bbo":
        data = {"coin": pair.name, "time": info.world.now, "bbo": [None, None]}
        return _said("bbo", data)
    if asked.type == "activeAssetCtx":
        contexts = listing.spot_contexts(info.world.universe)
        ctx = next(one for one in contexts if one["coin"] == pair.name)
        return _said("activeSpotAssetCtx", {"coin": pair.name, "ctx": ctx})
    return None


def _mids(asked: StreamSubscription, info: Info) -> dict[str, Any]:
    dex = info.dex(InfoQuestion("", dex=asked.dex))
    data: dict[str, Any] = {"mids": listing.all_mids(info.world, dex)}
    if asked.dex:
        data["dex"] = asked.dex
    return _said("allMids", data)


def _book(asked: StreamSubscription, info: Info) -> dict[str, Any]:
    listed = info.coin(asked.coin)
    if asked.fast:
        data = {**listing.book(info.world, listed, listing.FAST_LEVELS), "fast": True}
    elif asked.nSigFigs is not None:
        data = info.book(
            InfoQuestion("", coin=asked.coin, nSigFigs=asked.nSigFigs, mantissa=asked.mantissa)
        )
    else:
        data = listing.book(info.world, listed)
    return _said("l2Book", data)


def _top(asked: StreamSubscription, info: Info) -> dict[str, Any]:
    listed = info.coin(asked.coin)
    data = {"coin": asked.coin, "time": info.world.now, "bbo": listing.top(info.world, listed)}
    return _said("bbo", data)


def _context(asked: StreamSubscription, info: Info) -> dict[str, Any]:
    ctx = listing.context(info.world, info.funding, info.coin(asked.coin))
    return _said("activeAssetCtx", {"coin": asked.coin, "ctx": ctx})


def _asset_data(asked: StreamSubscription, info: Info) -> dict[str, Any]:
    account = info.world.accounts.find(asked.user or "")
    found = account_of.active_asset(info.world, account, asked.user or "", info.coin(asked.coin))
    return _said("activeAssetData", found)


def _candle(asked: StreamSubscription, info: Info) -> dict[str, Any] | None:
    history, now = info.world.histories[info.coin(asked.coin).asset], info.world.now
    interval = asked.interval or "1m"
    span = INTERVALS[interval] * 60_000
    found = history.candles(interval, now - span, now)
    return _said("candle", found[-1]) if found else None


def _clearinghouse(asked: StreamSubscription, info: Info) -> dict[str, Any]:
    account = info.world.accounts.find(asked.user or "")
    found = account_of.clearinghouse(info.world, account, info.dex(InfoQuestion("", dex=asked.dex)))
    data = {"dex": asked.dex or "", "user": asked.user, "clearinghouseState": found}
    return _said("clearinghouseState", data)


def _orders(asked: StreamSubscription, info: Info) -> dict[str, Any]:
    rows = info.orders(InfoQuestion("", user=asked.user, dex=asked.dex), full=True)
    return _said("openOrders", {"dex": asked.dex or "", "user": asked.user, "orders": rows})


def _spot_state(asked: StreamSubscription, info: Info) -> dict[str, Any]:
    found = account_of.spot_state(info.world, info.world.accounts.find(asked.user or ""))
    return _said("spotState", {"user": asked.user, "spotState": found})


def _all_states(asked: StreamSubscription, info: Info) -> dict[str, Any]:
    account = info.world.accounts.find(asked.user or "")
    states = [
        [dex.name, account_of.clearinghouse(info.world, account, number)]
        for number, dex in enumerate(info.world.universe.dexes)
    ]
    data = {"user": asked.user, "clearinghouseStates": states}
    return _said("allDexsClearinghouseState", data)


def _all_contexts(_asked: StreamSubscription, info: Info) -> dict[str, Any]:
    ctxs = [
        [dex.name, listing.contexts(info.world, info.funding, number)]
        for number, dex in enumerate(info.world.universe.dexes)
    ]
    return _said("allDexsAssetCtxs", {"ctxs": ctxs})


def _web_data(asked: StreamSubscription, info: Info) -> dict[str, Any]:
    user = {
        "cumLedger": "0.0",
        "serverTime": info.world.now,
        "isVault": False,
        "user": asked.user,
    }
    return _said("webData3", {"userState": user, "perpDexStates": []})


Building: TypeAlias = Callable[[StreamSubscription, Info], dict[str, Any] | None]

BUILDERS: dict[str, Building] = {
    "activeAssetCtx": _context,
    "activeAssetData": _asset_data,
    "allDexsAssetCtxs": _all_contexts,
    "allDexsClearinghouseState": _all_states,
    "allMids": _mids,
    "bbo": _top,
    "candle": _candle,
    "clearinghouseState": _clearinghouse,
    "l2Book": _book,
    "openOrders": _orders,
    "spotState": _spot_state,
    "webData3": _web_data,
}
"""By type."""
