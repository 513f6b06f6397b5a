"""/info: questions by their type. Questions are not signed, also those about an account."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Struct

from market_maker.emulators.hyperliquid import account_answers as account_of
from market_maker.emulators.hyperliquid import listing_answers as listing
from market_maker.emulators.hyperliquid.accounts import AddressKind, PerpAccount
from market_maker.emulators.hyperliquid.canonical import name
from market_maker.emulators.hyperliquid.limits import Quota
from market_maker.emulators.hyperliquid.numbers import shown, usd
from market_maker.emulators.hyperliquid.trade_history import INTERVALS
from market_maker.emulators.hyperliquid.universe import Listed
from market_maker.emulators.hyperliquid.upkeep import HOUR_MS, HourlyFunding
from market_maker.emulators.hyperliquid.world import World
from market_maker.model.exact import ZERO

ADDRESS_LENGTH = 42
HOURS_MAX = 500
FIGURES = (None, 2, 3, 4, 5)
MANTISSAS = (None, 1, 2, 5)


class BadRequestError(Exception):
    """A question that the venue cannot read: an answer with HTTP status 422."""


Whole: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A number of the venue: an id, or a time in ms."""


class CandleRequest(Struct):
    """Of candleSnapshot. Times: ms."""

    coin: str
    interval: str
    startTime: Whole  # noqa: N815  the wire's names
    endTime: Whole | None = None  # noqa: N815


class InfoQuestion(Struct):
    """Any of them; each type reads what it needs, nulls are as good as nothing."""

    type: str
    user: str | None = None
    dex: str | None = None
    coin: str | None = None
    oid: Whole | str | None = None
    startTime: Whole | None = None  # noqa: N815
    endTime: Whole | None = None  # noqa: N815
    nSigFigs: Whole | None = None  # noqa: N815
    mantissa: Whole | None = None
    builder: str | None = None
    req: CandleRequest | None = None


InfoHandler: TypeAlias = "Callable[[Info, InfoQuestion], Any]"

_decoder = msgspec.json.Decoder(InfoQuestion)


def question(body: bytes | str) -> InfoQuestion:
    """Read one. Raises BadRequestError."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequestError(str(error)) from None


def check_grouping(figures: int | None, mantissa: int | None) -> None:
    """Of a book: significant figures, and a multiple of the last one. Raises BadRequestError."""
    if figures not in FIGURES or mantissa not in MANTISSAS:
        raise BadRequestError("nSigFigs or mantissa")


class Info:
    """Answers out of the world as it is. Raises BadRequestError."""

    def __init__(self, world: World, funding: HourlyFunding, quota: Quota) -> None:
        self.world, self.funding, self._quota = world, funding, quota

    def answer(self, asked: InfoQuestion) -> Any:
        """Of the type that was asked for."""
        answers = ANSWERS.get(asked.type)
        if answers is None:
            raise BadRequestError(f"unknown type {asked.type!r}")
        return answers(self, asked)

    # what questions name

    def dex(self, asked: InfoQuestion) -> int:
        """The index of the dex; the first where none is named."""
        found = self.world.universe.dex(asked.dex or "")
        if found is None:
            raise BadRequestError(f"unknown dex {asked.dex!r}")
        return found

    def coin(self, coin: str | None) -> Listed:
        """A perpetual by its name."""
        found = self.world.universe.coin(coin or "")
        if found is None:
            raise BadRequestError(f"unknown coin {coin!r}")
        return found

    def user(self, asked: InfoQuestion) -> str:
        """An address, in lower case."""
        text = (asked.user or "").lower()
        digits = text.removeprefix("0x")
        plain = all(one in "0123456789abcdef" for one in digits)
        if len(text) != ADDRESS_LENGTH or not plain:
            raise BadRequestError("user is no address")
        return text

    def account(self, asked: InfoQuestion) -> PerpAccount | None:
        """An account, if its address has one. An agent's address has none."""
        return self.world.accounts.find(self.user(asked))

    # answers that need more than a line

    def book(self, asked: InfoQuestion) -> Any:
        """l2Book."""
        found = self.world.universe.coin(asked.coin or "")
        if found is None:
            pair = self.world.universe.pair(asked.coin or "")
            return None if pair is None else listing.empty_book(self.world, pair.name)
        if asked.nSigFigs is None:
            return listing.book(self.world, found)
        check_grouping(asked.nSigFigs, asked.mantissa)
        return listing.grouped_book(self.world, found, asked.nSigFigs, asked.mantissa)

    def orders(self, asked: InfoQuestion, *, full: bool) -> list[Any]:
        """Open orders of a dex, the newest first."""
        dex, found = self.dex(asked), self.world.orders.open_of(self.user(asked))
        rows = [order for order in reversed(found) if order.listed.dex == dex]
        if full:
            return [order.full() for order in rows]
        return [order.brief() for order in rows if not order.waiting]

    def order(self, asked: InfoQuestion) -> Any:
        """orderStatus, by number or cloid."""
        if asked.oid is None:
            raise BadRequestError("oid")
        found = self.world.orders.found(self.user(asked), name(asked.oid))
        if found is None:
            return {"status": "unknownOid"}
        return {"status": "order", "order": found.outcome()}

    def rate_limit(self, asked: InfoQuestion) -> Any:
        """userRateLimit."""
        account = self.account(asked)
        if account is None:
            account = PerpAccount(self.user(asked))
        return {
            "cumVlm": shown(usd(account.quota_volume)),
            "nRequestsUsed": account.requests,
            "nRequestsCap": self._quota.cap(account),
            "nRequestsSurplus": 0,
        }

    def role(self, asked: InfoQuestion) -> Any:
        """userRole: what an address is."""
        address = self.user(asked)
        master = self.world.accounts.master_of(address, self.world.now)
        if master is not None:
            return {"role": "agent", "data": {"user": master.address}}
        account = self.world.accounts.find(address)
        if account is None or not account.touched():
            return {"role": "missing"}
        if account.kind is AddressKind.SUB_ACCOUNT:
            return {"role": "subAccount", "data": {"master": account.owner}}
        return {"role": account.kind.value}

    def sub_accounts(self, asked: InfoQuestion) -> Any:
        """subAccounts, null where there are none."""
        address = self.user(asked)
        mine = [
            {
                "name": one.name,
                "subAccountUser": one.address,
                "master": one.owner,
                "clearinghouseState": account_of.clearinghouse(self.world, one, 0),
                "spotState": account_of.spot_state(self.world, one),
            }
            for one in self.world.accounts.accounts.values()
            if one.owner == address and one.kind is AddressKind.SUB_ACCOUNT
        ]
        return mine or None

    def agents(self, asked: InfoQuestion) -> list[Any]:
        """extraAgents: the named ones."""
        account = self.account(asked)
        return [
            {"name": agent.name, "address": agent.address, "validUntil": agent.valid_until}
            for agent in (account.agents.values() if account else ())
            if agent.name
        ]

    def candles(self, asked: InfoQuestion) -> list[Any]:
        """candleSnapshot."""
        if asked.req is None or asked.req.interval not in INTERVALS:
            raise BadRequestError("req")
        end = self.world.now if asked.req.endTime is None else asked.req.endTime
        history = self.world.histories[self.coin(asked.req.coin).asset]
        return history.candles(asked.req.interval, asked.req.startTime, end)

    def funding_history(self, asked: InfoQuestion) -> list[Any]:
        """fundingHistory, by hour."""
        coin = self.coin(asked.coin).perp.name
        first = -(-max(0, asked.startTime or 0) // HOUR_MS)
        end = self.world.now if asked.endTime is None else min(asked.endTime, self.world.now)
        hours = range(first, end // HOUR_MS + 1)[:HOURS_MAX]
        return [self.funding.entry(coin, hour * HOUR_MS) for hour in hours]

    def entries(self, asked: InfoQuestion, kind: str) -> list[Any]:
        """userFunding and userNonFundingLedgerUpdates."""
        account = self.account(asked)
        if account is None:
            return []
        rows = account.fundings if kind == "funding" else account.ledger
        return account_of.between(rows, asked.startTime or 0, asked.endTime)

    def predicted(self) -> list[Any]:
        """predictedFundings of this venue alone."""
        hour = (self.world.now // HOUR_MS + 1) * HOUR_MS
        rows = []
        for one in self.world.universe.listed:
            if one.dex == 0 and not one.perp.delisted:
                rate = shown(self.funding.rate(one.perp.name, hour))
                terms = {"fundingRate": rate, "nextFundingTime": hour, "fundingIntervalHours": 1}
                rows.append([one.perp.name, [["HlPerp", terms]]])
        return rows


def _meta(info: Info, asked: InfoQuestion) -> Any:
    return listing.meta(info.world.universe, info.dex(asked))


def _meta_and_contexts(info: Info, asked: InfoQuestion) -> Any:
    dex = info.dex(asked)
    contexts = listing.contexts(info.world, info.funding, dex)
    return [listing.meta(info.world.universe, dex), contexts]


def _dex_limits(info: Info, asked: InfoQuestion) -> Any:
    if not asked.dex:
        raise BadRequestError("dex")
    return listing.dex_limits(info.world.universe, info.dex(asked))


def _fills(info: Info, asked: InfoQuestion) -> Any:
    start = asked.startTime if asked.type == "userFillsByTime" else None
    if asked.type == "userFillsByTime" and start is None:
        raise BadRequestError("startTime")
    return account_of.fills(info.account(asked), start, asked.endTime)


def _nothing(info: Info, asked: InfoQuestion) -> list[Any]:
    """Of what the emulator does not have, an account has none."""
    return [info.user(asked)][:0]


def _abstraction(info: Info, asked: InfoQuestion) -> Any:
    account = info.account(asked)
    return "default" if account is None else account.abstraction.value


def _builder_fee(info: Info, asked: InfoQuestion) -> Any:
    account = info.account(asked)
    return account.builders.get((asked.builder or "").lower(), 0) if account else 0


def _deposits(info: Info, asked: InfoQuestion) -> Decimal:
    dex = info.dex(asked)
    accounts = info.world.accounts.accounts.values()
    return usd(sum((one.cash.get(dex, ZERO) for one in accounts), ZERO))


ANSWERS: dict[str, InfoHandler] = {
    "activeAssetData": lambda info, asked: account_of.active_asset(
        info.world, info.account(asked), info.user(asked), info.coin(asked.coin)
    ),
    "allMids": lambda info, asked: listing.all_mids(info.world, info.dex(asked)),
    "allPerpMetas": lambda info, _: [
        listing.meta(info.world.universe, dex) for dex in range(len(info.world.universe.dexes))
    ],
    "candleSnapshot": Info.candles,
    "clearinghouseState": lambda info, asked: account_of.clearinghouse(
        info.world, info.account(asked), info.dex(asked)
    ),
    "exchangeStatus": lambda info, _: {"time": info.world.now, "specialStatuses": None},
    "extraAgents": Info.agents,
    "frontendOpenOrders": lambda info, asked: info.orders(asked, full=True),
    "fundingHistory": Info.funding_history,
    "historicalOrders": lambda info, asked: [
        order.outcome() for order in info.world.orders.history(info.user(asked))
    ],
    "l2Book": Info.book,
    "maxBuilderFee": _builder_fee,
    "meta": _meta,
    "metaAndAssetCtxs": _meta_and_contexts,
    "openOrders": lambda info, asked: info.orders(asked, full=False),
    "orderStatus": Info.order,
    "perpDeployAuctionStatus": lambda info, _: {
        "startTimeSeconds": info.world.now // 1_000,
        "durationSeconds": 111_600,
        "startGas": "500.0",
        "currentGas": "500.0",
        "endGas": None,
    },
    "perpDexLimits": _dex_limits,
    "perpDexStatus": lambda info, asked: {"totalNetDeposit": shown(_deposits(info, asked))},
    "perpDexs": lambda info, _: listing.perp_dexs(info.world.universe),
    "perpsAtOpenInterestCap": lambda info, asked: listing.at_cap(info.world, info.dex(asked)),
    "portfolio": lambda info, asked: account_of.portfolio(info.world, info.account(asked)),
    "predictedFundings": lambda info, _: info.predicted(),
    "delegations": _nothing,
    "delegatorHistory": _nothing,
    "delegatorRewards": _nothing,
    "delegatorSummary": lambda info, asked: info.user(asked) and account_of.no_stake(),
    "recentTrades": lambda info, asked: list(
        reversed(info.world.histories[info.coin(asked.coin).asset].trades)
    ),
    "referral": lambda info, asked: account_of.no_referral(info.account(asked)),
    "spotClearinghouseState": lambda info, asked: account_of.spot_state(
        info.world, info.account(asked)
    ),
    "spotMeta": lambda info, _: listing.spot_meta(info.world.universe),
    "spotMetaAndAssetCtxs": lambda info, _: [
        listing.spot_meta(info.world.universe),
        listing.spot_contexts(info.world.universe),
    ],
    "subAccounts": Info.sub_accounts,
    "userAbstraction": _abstraction,
    "userDexAbstraction": lambda info, asked: info.user(asked) and None,
    "userFees": lambda info, asked: account_of.fees(info.account(asked)),
    "userFills": _fills,
    "userFillsByTime": _fills,
    "userFunding": lambda info, asked: info.entries(asked, "funding"),
    "userNonFundingLedgerUpdates": lambda info, asked: info.entries(asked, "ledger"),
    "userRateLimit": Info.rate_limit,
    "userRole": Info.role,
    "userToMultiSigSigners": lambda info, asked: info.user(asked) and None,
    "userTwapSliceFills": _nothing,
    "userVaultEquities": _nothing,
}
"""By type."""
