"""What each action of /exchange does for the account that may do it, and how it is answered."""

from collections.abc import Callable
from typing import Any, TypeAlias

from market_maker.emulators.hyperliquid.accounts import PerpAccount
from market_maker.emulators.hyperliquid.judging import NotTaken
from market_maker.emulators.hyperliquid.leverage import Leverage
from market_maker.emulators.hyperliquid.limits import WEIGHT_PRICE
from market_maker.emulators.hyperliquid.trading import ClientTrading, PlacedAnswer
from market_maker.emulators.hyperliquid.transfers import AccountTransfers
from market_maker.emulators.hyperliquid.upkeep import Upkeep
from market_maker.emulators.hyperliquid.world import World
from market_maker.model.exact import ZERO
from market_maker.venues.hyperliquid import actions

Answer: TypeAlias = dict[str, Any]

DEFAULT: Answer = {"type": "default"}


class Doings:
    """The doing. Every method raises NotTaken with the text of the answer."""

    def __init__(self, world: World, trading: ClientTrading, upkeep: Upkeep) -> None:
        self._world, self._trading, self._upkeep = world, trading, upkeep
        self._leverage = Leverage(world)
        self._transfers = AccountTransfers(world)

    def do(self, kind: str, account: PerpAccount, action: Any) -> Answer:
        """By the type of the action."""
        doing = DOINGS.get(kind)
        if doing is None:
            raise NotTaken(f"Action {kind} is not offered here.")
        return doing(self, account, action)

    def order(self, account: PerpAccount, action: actions.PlaceOrders) -> Answer:
        """order."""
        fee = 0
        if action.builder is not None:
            approved = account.builders.get(action.builder.b)
            if approved is None or not 0 <= action.builder.f <= approved:
                return _statuses("order", [{"error": "Builder fee has not been approved."}])
            fee = action.builder.f
        placed = self._trading.place(account, action.orders, action.grouping, fee)
        return _statuses("order", placed)

    def cancel(self, account: PerpAccount, action: actions.CancelOrders) -> Answer:
        """cancel."""
        done = [self._trading.cancel(account, one.a, one.o) for one in action.cancels]
        return _statuses("cancel", done or [{"error": "Cancel batch is empty."}])

    def cancel_by_cloid(self, account: PerpAccount, action: actions.CancelByCloid) -> Answer:
        """cancelByCloid."""
        done = [self._trading.cancel(account, one.asset, one.cloid) for one in action.cancels]
        return _statuses("cancel", done or [{"error": "Cancel batch is empty."}])

    def modify(self, account: PerpAccount, action: actions.Modify) -> Answer:
        """modify: an error is one of the whole request."""
        always = bool(action.a)
        status = self._trading.modify(account, action.oid, action.order, always=always)
        if isinstance(status, dict) and "error" in status:
            raise NotTaken(str(status["error"]))
        return DEFAULT

    def batch_modify(self, account: PerpAccount, action: actions.BatchModify) -> Answer:
        """batchModify: one status each."""
        done: list[PlacedAnswer] = []
        for one in action.modifies:
            try:
                always = bool(action.a)
                done.append(self._trading.modify(account, one.oid, one.order, always=always))
            except NotTaken as refused:
                done.append({"error": f"{refused.text} asset={one.order.a}"})
        return _statuses("order", done or [{"error": "Modify batch is empty."}])

    def schedule(self, account: PerpAccount, action: actions.ScheduleCancel) -> Answer:
        """scheduleCancel."""
        self._upkeep.schedule(account, action.time)
        return DEFAULT

    # settings

    def leverage(self, account: PerpAccount, action: actions.UpdateLeverage) -> Answer:
        """updateLeverage."""
        self._leverage.update(account, action.asset, action.leverage, cross=action.isCross)
        return DEFAULT

    def margin(self, account: PerpAccount, action: actions.UpdateIsolatedMargin) -> Answer:
        """updateIsolatedMargin."""
        self._leverage.add_margin(account, action.asset, action.ntli)
        return DEFAULT

    def top_up(self, account: PerpAccount, action: actions.TopUpIsolatedOnlyMargin) -> Answer:
        """topUpIsolatedOnlyMargin."""
        self._leverage.top_up(account, action.asset, action.leverage)
        return DEFAULT

    def reserve(self, account: PerpAccount, action: actions.ReserveRequestWeight) -> Answer:
        """reserveRequestWeight: bought with USDC of the first dex."""
        cost = action.weight * WEIGHT_PRICE
        pool = self._world.margins.pool(account, 0)
        free = self._world.margins.summary(account, 0, {}).free
        if action.weight <= 0 or min(free, account.cash.get(pool, ZERO)) < cost:
            raise NotTaken("Insufficient balance to reserve request weight.")
        account.cash[pool] -= cost
        account.reserved += action.weight
        return DEFAULT

    def mode(self, account: PerpAccount, action: actions.AgentSetAbstraction) -> Answer:
        """agentSetAbstraction."""
        self._transfers.set_mode(account, action.abstraction)
        return DEFAULT

    def send(self, account: PerpAccount, action: actions.AgentSendAsset) -> Answer:
        """agentSendAsset: between the purses of the account itself only."""
        if action.destination.lower() != account.address:
            raise NotTaken("Agents may only send within the account.")
        purses = (action.sourceDex, action.destinationDex)
        self._transfers.send(account, action.destination, purses, action.token, action.amount)
        return DEFAULT

    def sub_account(self, account: PerpAccount, action: actions.CreateSubAccount) -> Answer:
        """createSubAccount."""
        made = self._transfers.sub_account(account, action.name)
        return {"type": "createSubAccount", "data": made}

    def sub_transfer(self, account: PerpAccount, action: actions.SubAccountTransfer) -> Answer:
        """subAccountTransfer."""
        other, deposit = action.subAccountUser, action.isDeposit
        self._transfers.to_owned(account, other, action.usd, deposit=deposit)
        return DEFAULT

    def sub_spot(self, account: PerpAccount, action: actions.SubAccountSpotTransfer) -> Answer:
        """subAccountSpotTransfer."""
        other = self._transfers.owned(account, action.subAccountUser)
        source, target = (account, other) if action.isDeposit else (other, account)
        purses = ("spot", "spot")
        self._transfers.send(source, target.address, purses, action.token, action.amount)
        return DEFAULT

    def vault_transfer(self, account: PerpAccount, action: actions.VaultTransfer) -> Answer:
        """vaultTransfer."""
        other, deposit = action.vaultAddress, action.isDeposit
        self._transfers.to_owned(account, other, action.usd, deposit=deposit)
        return DEFAULT

    def nothing(self, _account: PerpAccount, _action: Any) -> Answer:
        """Actions of which only the nonce counts here."""
        return DEFAULT

    # what an account's own key signs

    def user_send(self, account: PerpAccount, action: dict[str, Any]) -> Answer:
        """usdSend, spotSend, sendAsset."""
        kind = action["type"]
        purses = {"usdSend": ("", ""), "spotSend": ("spot", "spot")}.get(kind) or (
            _text(action, "sourceDex"),
            _text(action, "destinationDex"),
        )
        token = "USDC" if kind == "usdSend" else _text(action, "token")
        self._transfers.send(
            account, _text(action, "destination"), purses, token, _text(action, "amount")
        )
        return DEFAULT

    def user_class(self, account: PerpAccount, action: dict[str, Any]) -> Answer:
        """usdClassTransfer, of a sub-account when its amount names one."""
        to_perp = action.get("toPerp") is True
        amount, _, other = _text(action, "amount").partition(" subaccount:")
        if other:
            account = self._transfers.owned(account, other)
        self._transfers.between_classes(account, amount, to_perp=to_perp)
        return DEFAULT

    def user_withdraw(self, account: PerpAccount, action: dict[str, Any]) -> Answer:
        """withdraw3."""
        self._transfers.leave(account, _text(action, "amount"))
        return DEFAULT

    def user_agent(self, account: PerpAccount, action: dict[str, Any]) -> Answer:
        """approveAgent."""
        name = action.get("agentName") or ""
        address = _text(action, "agentAddress")
        self._transfers.appoint(account, address, str(name), self._world.now)
        return DEFAULT

    def user_builder(self, account: PerpAccount, action: dict[str, Any]) -> Answer:
        """approveBuilderFee."""
        rate = _text(action, "maxFeeRate")
        self._transfers.approve_builder(account, _text(action, "builder"), rate)
        return DEFAULT

    def user_mode(self, account: PerpAccount, action: dict[str, Any]) -> Answer:
        """userSetAbstraction, of a sub-account when it names one."""
        user = _text(action, "user").lower()
        if user != account.address:
            account = self._transfers.owned(account, user)
        self._transfers.set_mode(account, _text(action, "abstraction"))
        return DEFAULT


Doing: TypeAlias = Callable[[Doings, PerpAccount, Any], Answer]

DOINGS: dict[str, Doing] = {
    "agentSendAsset": Doings.send,
    "agentSetAbstraction": Doings.mode,
    "batchModify": Doings.batch_modify,
    "cancel": Doings.cancel,
    "cancelByCloid": Doings.cancel_by_cloid,
    "createSubAccount": Doings.sub_account,
    "evmUserModify": Doings.nothing,
    "modify": Doings.modify,
    "noop": Doings.nothing,
    "order": Doings.order,
    "reserveRequestWeight": Doings.reserve,
    "scheduleCancel": Doings.schedule,
    "setReferrer": Doings.nothing,
    "subAccountSpotTransfer": Doings.sub_spot,
    "subAccountTransfer": Doings.sub_transfer,
    "topUpIsolatedOnlyMargin": Doings.top_up,
    "updateIsolatedMargin": Doings.margin,
    "updateLeverage": Doings.leverage,
    "vaultTransfer": Doings.vault_transfer,
    "approveAgent": Doings.user_agent,
    "approveBuilderFee": Doings.user_builder,
    "sendAsset": Doings.user_send,
    "spotSend": Doings.user_send,
    "usdClassTransfer": Doings.user_class,
    "usdSend": Doings.user_send,
    "userSetAbstraction": Doings.user_mode,
    "withdraw3": Doings.user_withdraw,
}
"""By type of the action."""


def _statuses(kind: str, statuses: list[PlacedAnswer]) -> Answer:
    return {"type": kind, "data": {"statuses": statuses}}


def _text(action: dict[str, Any], name: str) -> str:
    value = action.get(name)
    if not isinstance(value, str):
        raise NotTaken(f"Invalid {name}.")
    return value
