"""The smart engine's door: symbols started and stopped as pools of one with the `smart` strategy.

The pool has one member, the house: a participant of its own for each symbol. It has the same
roles, audit, guards and records as every other pool. Source: the smart engine's document, API.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated

from msgspec import Struct

from market_maker.accounting.views import SymbolMetrics
from market_maker.application import Application
from market_maker.execution.alarms import SERVICE
from market_maker.model.caller import Caller, Role
from market_maker.model.errors import (
    ConflictError,
    InvalidFieldError,
    MakerError,
    NotFoundError,
)
from market_maker.model.fields import check_fields, name, number, positive
from market_maker.model.participant import (
    Enrolment,
    Participant,
    ParticipantChange,
    ParticipantCommand,
    ParticipantStatus,
    RevenueModel,
    Tier,
)
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import ParticipantId
from market_maker.operations.maker_defaults import MakerDefaults, pool_fields
from market_maker.operations.memberships import MemberChange
from market_maker.operations.views import MembershipState, MemberView, PoolStatus, PoolStatusView

STRATEGY = "smart"
HOUSE = "house-"
"""Begins the account of the member of a started symbol."""

RESTORER = Caller(SERVICE.subject, (Role.RISK,), "")
"""Brings back, after a start that was refused, the limits that were in force before it."""

BPS = 10_000
ORDERS_OF_LIMIT = 10
"""The order size is this part of the position limit: a tenth."""

SPREAD_CEILING = 10
"""The greatest total spread, as a multiple of the base spread; at most 500 bps."""


class MakerStart(Struct, frozen=True):
    """max_position: base currency; max_loss: USDT, below zero; base_spread: a fraction of the
    price, 0.002 is 20 bps. What is left out is as in market-making-config.yaml, and without
    that file as documented: 100.0, -500.0, 0.002."""

    symbol: Annotated[str, name("Instrument to quote.")]
    max_position: Annotated[
        Decimal | None, positive("1000000000", "base currency", "Position limit.")
    ] = None
    max_loss: Annotated[
        Decimal | None, number("-1000000000", "-0.01", "USDT", "Loss limit, below zero.")
    ] = None
    base_spread: Annotated[
        Decimal | None, number("0.00001", "0.05", "of the price", "Spread without volatility.")
    ] = None


class SmartMaker:
    """Starts, stops and shows pools of one."""

    def __init__(self, application: Application, defaults: MakerDefaults | None = None) -> None:
        """defaults: of the file, None without one."""
        self._application = application
        self._defaults = defaults or MakerDefaults()
        self._fields = {} if defaults is None else pool_fields(defaults)

    @property
    def exposure_usdt(self) -> Decimal | None:
        """max_exposure of the total capital: what one symbol may hold, whatever its max_position.
        None where the file names no capital."""
        capital = self._defaults.total_capital
        return None if capital is None else self._defaults.max_exposure * capital

    async def start(self, caller: Caller, wanted: MakerStart) -> None:
        """Make the pool, or set these limits for the one that is there, and let it quote; what is
        refused leaves the limits that were there. Raises InvalidFieldError, NotFoundError for an
        instrument that is not listed, ConflictError where the symbol's pool is no pool of one, and
        as `Controls.enable`."""
        check_fields(wanted)
        config = self._config(wanted)
        await self._check_is_ours(wanted.symbol)
        await self._application.controls.check_may_start(caller, wanted.symbol)
        async with self._limits_kept(wanted.symbol):
            await self._start(caller, config)

    async def _start(self, caller: Caller, config: PoolConfig) -> None:
        await self._lower_house(caller, config)
        await self._application.pools.put(caller, config)
        await self._ensure_member(caller, config)
        status = await self._application.controls.status(config.symbol)
        if status.state is PoolStatus.HALTED or status.review_needed:
            await self._application.controls.resume(caller, config.symbol, None)
        elif status.state is not PoolStatus.ACTIVE:
            await self._application.controls.enable(caller, config.symbol)

    async def stop(self, caller: Caller, symbol: str) -> None:
        """Stop quoting and cancel every order; the position stays. Raises NotFoundError."""
        await self.status(symbol)
        await self._application.controls.pause(caller, symbol, "stopped by /maker/stop")

    async def status(self, symbol: str) -> PoolStatusView:
        """Raises NotFoundError for a symbol that was never started here."""
        pool = await self._application.pools.get(symbol)
        if pool.config.strategy != STRATEGY:
            raise NotFoundError("smart maker", symbol)
        return await self._application.controls.status(symbol)

    async def all(self) -> tuple[PoolStatusView, ...]:
        """Every symbol that runs the strategy, by symbol."""
        statuses = await self._application.controls.statuses()
        return tuple([each for each in statuses if await self._is_smart(each.symbol)])

    async def performance(self, symbol: str) -> tuple[PoolStatusView, SymbolMetrics]:
        """Raises NotFoundError for a symbol that was never started here."""
        status = await self.status(symbol)
        return status, await self._application.analytics.symbol_metrics(symbol)

    @asynccontextmanager
    async def _limits_kept(self, symbol: str) -> AsyncIterator[None]:
        """The limits of the pool and of the house come back where the start is refused."""
        participants, pools = self._application.participants, self._application.pools
        try:
            before = (await pools.get(symbol)).config
        except NotFoundError:
            yield  # nothing was in force
            return
        house = await participants.of_account(HOUSE + symbol)
        members = await self._members(symbol)
        try:
            yield
        except MakerError:
            if (await pools.get(symbol)).config.version != before.version:
                await self._lower_house(RESTORER, before)
                await pools.put(RESTORER, before)
            if house is not None and house.participant_id in members:
                await self._put_back(house, members[house.participant_id])
            raise

    async def _put_back(self, house: Participant, member: MemberView) -> None:
        now = await self._application.participants.of_account(house.account_id)
        if now is not None and now.initial_margin_usdt != house.initial_margin_usdt:
            margin = ParticipantChange(initial_margin_usdt=house.initial_margin_usdt)
            await self._application.participants.change(RESTORER, house.participant_id, margin)
        current = (await self._members(member.symbol)).get(house.participant_id)
        if current is not None:
            position, loss = member.position_limit_usdt, member.max_loss_usdt
            await self._change(RESTORER, current, position, loss)

    async def _is_smart(self, symbol: str) -> bool:
        try:
            return (await self._application.pools.get(symbol)).config.strategy == STRATEGY
        except NotFoundError:
            return False

    async def _check_is_ours(self, symbol: str) -> None:
        try:
            pool = await self._application.pools.get(symbol)
        except NotFoundError:
            return
        if pool.config.strategy != STRATEGY:
            problem = "the symbol has a pool with another strategy; stop and delete it first"
            raise ConflictError("strategy", pool.config.strategy, problem)

    def _config(self, wanted: MakerStart) -> PoolConfig:
        price = self._application.running.price(wanted.symbol)
        instrument = self._application.running.instrument(wanted.symbol)
        if price is None:
            raise InvalidFieldError("symbol", wanted.symbol, f"priced: {instrument.symbol} is not")
        cents = Decimal("0.01")
        usual = self._defaults
        position = usual.max_position if wanted.max_position is None else wanted.max_position
        loss = usual.max_loss if wanted.max_loss is None else wanted.max_loss
        spread = usual.base_spread if wanted.base_spread is None else wanted.base_spread
        limit, base_bps = (position * price).quantize(cents), spread * BPS
        if self.exposure_usdt is not None:
            limit = min(limit, self.exposure_usdt.quantize(cents))
        fields = dict(self._fields)
        parameters = fields.pop("strategy_params", {})
        return PoolConfig(
            symbol=wanted.symbol,
            enabled=True,
            strategy=STRATEGY,
            strategy_params=parameters | {"base_spread_bps": float(base_bps)},
            min_spread_bps=base_bps,
            max_spread_bps=min(base_bps * SPREAD_CEILING, Decimal(500)),
            order_size_usdt=(limit / ORDERS_OF_LIMIT).quantize(cents),
            max_pool_position_usdt=limit,
            max_pool_loss_usdt=-loss,
            **fields,
        )

    async def _ensure_member(self, caller: Caller, config: PoolConfig) -> None:
        """The pool has a member, and the house has the pool's limits."""
        members = await self._members(config.symbol)
        participants = self._application.participants
        house = await participants.of_account(HOUSE + config.symbol)
        if house is not None and house.participant_id in members:
            await self._raise_house(caller, house, config)
        if members:
            return
        if house is None:
            house = await participants.enroll(caller, _enrolment(config))
        if house.status is ParticipantStatus.PENDING:
            await participants.command(caller, house.participant_id, ParticipantCommand.ACTIVATE)
        member = Member(
            participant_id=house.participant_id,
            capital_weight_pct=Decimal(100),
            position_limit_usdt=config.max_pool_position_usdt,
            max_loss_usdt=config.max_pool_loss_usdt,
        )
        await self._application.members.add(caller, config.symbol, member)

    async def _lower_house(self, caller: Caller, config: PoolConfig) -> None:
        """A pool's limit is never below its members': theirs become tighter first."""
        members = await self._members(config.symbol)
        house = await self._application.participants.of_account(HOUSE + config.symbol)
        if house is None or house.participant_id not in members:
            return
        member = members[house.participant_id]
        position = min(member.position_limit_usdt, config.max_pool_position_usdt)
        loss = min(member.max_loss_usdt, config.max_pool_loss_usdt)
        await self._change(caller, member, position, loss)

    async def _raise_house(self, caller: Caller, house: Participant, config: PoolConfig) -> None:
        limit = config.max_pool_position_usdt
        if house.initial_margin_usdt < limit:
            more = ParticipantChange(initial_margin_usdt=limit)
            await self._application.participants.change(caller, house.participant_id, more)
        member = (await self._members(config.symbol))[house.participant_id]
        await self._change(caller, member, limit, config.max_pool_loss_usdt)

    async def _change(
        self, caller: Caller, member: MemberView, position: Decimal, loss: Decimal
    ) -> None:
        if (position, loss) != (member.position_limit_usdt, member.max_loss_usdt):
            change = MemberChange(position_limit_usdt=position, max_loss_usdt=loss)
            members = self._application.members
            await members.change(caller, member.symbol, member.participant_id, change)

    async def _members(self, symbol: str) -> dict[ParticipantId, MemberView]:
        """The pool's members now; none where there is no pool."""
        try:
            members = await self._application.members.of_pool(symbol)
        except NotFoundError:
            return {}
        there = [each for each in members if each.state is not MembershipState.REMOVED]
        return {each.participant_id: each for each in there}


def _enrolment(config: PoolConfig) -> Enrolment:
    """Of the house, with the margin of its first start."""
    return Enrolment(
        user_id=HOUSE + config.symbol,
        account_id=HOUSE + config.symbol,
        display_name=f"House, {config.symbol}",
        initial_margin_usdt=config.max_pool_position_usdt,
        max_drawdown_pct=Decimal(100),
        revenue_model=RevenueModel.KEEP_ALL,
        revenue_share_pct=Decimal(0),
        tier=Tier.TIER_1,
    )
