"""Cancels on their way out, those of all markets together: a stop of many takes few actions.

What is handed over leaves before the loop has its next turn, and at once when `send` is called: a
stop hands over the cancels of all markets, calls it, and only then lets their engines have turns.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from market_maker.model.errors import InvalidDataError
from market_maker.model.units import OrderId
from market_maker.venues.hyperliquid.accounts import TradingAccount
from market_maker.venues.hyperliquid.actions import (
    CancelByCloid,
    CancelCloid,
    CancelOid,
    CancelOrders,
)
from market_maker.venues.hyperliquid.client import Delivered, Delivery
from market_maker.venues.hyperliquid.exchange_wire import Refusal, Refused, Status, refusal_of

BATCH_MAX = 100
"""Orders in one action."""


class CancelAnswers(Protocol):
    """Where the answers to cancels go: of one that is done; of an order that the venue does not
    know; of one of which nothing is known."""

    @property
    def withdrawn(self) -> Callable[[OrderId], None]: ...
    @property
    def gone(self) -> Callable[[OrderId], None]: ...
    @property
    def unknown(self) -> Callable[[OrderId], None]: ...


class Withdrawal(Struct, frozen=True):
    """A cancel: by cloid where the order is ours, else by the venue's number. over: called when it
    is not on its way any more."""

    order_id: OrderId
    account: TradingAccount
    asset: int
    answers: CancelAnswers
    cloid: str = ""
    oid: int = 0
    over: Callable[[], None] = lambda: None


class CancelSender(Protocol):
    """Signs and writes an action."""

    def act(
        self,
        account: TradingAccount,
        action: CancelByCloid | CancelOrders,
        orders: int = 1,
        *,
        urgent: bool = False,
    ) -> Awaitable[Delivered]:
        """It is written before this returns, where a connection is free."""


class WithdrawalDesk:
    """Of all markets of a connection."""

    def __init__(
        self, sender: CancelSender, start: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        """start: has something awaited beside everything else."""
        self._sender, self._start = sender, start
        self._waiting: list[Withdrawal] = []

    def hand_over(self, cancel: Withdrawal) -> None:
        """It leaves with those of other markets."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.send)
        self._waiting.append(cancel)

    def send(self) -> None:
        """Write all that were handed over, by account."""
        waiting, self._waiting = self._waiting, []
        for mine in by_account(waiting):
            for named in ([one for one in mine if one.cloid], [one for one in mine if one.oid]):
                for batch in batches(named):
                    self._send(batch)

    def _send(self, batch: Sequence[Withdrawal]) -> None:
        action: CancelByCloid | CancelOrders
        if batch[0].cloid:
            action = CancelByCloid(
                tuple(CancelCloid(one.asset, one.cloid) for one in batch), f=True
            )
        else:
            action = CancelOrders(tuple(CancelOid(one.asset, one.oid) for one in batch), f=True)
        answering = self._sender.act(batch[0].account, action, len(batch), urgent=True)
        self._start(self._answered(batch, answering))

    async def _answered(self, batch: Sequence[Withdrawal], answering: Awaitable[Delivered]) -> None:
        try:
            delivered = await answering
        except BaseException:
            for one in batch:
                one.over()
            raise
        assets = dict.fromkeys(one.asset for one in batch)
        if len(assets) > 1 and _is_refused(delivered):
            # For one market, perhaps: it must not hold back the cancels of the others.
            for asset in assets:
                self._send([one for one in batch if one.asset == asset])
        else:
            _settle(batch, delivered)


def _is_refused(delivered: Delivered) -> bool:
    """Whether all of it was, with one word for all."""
    answer, refused = delivered.answer, delivered.delivery is Delivery.REFUSED
    return refused or answer.refused is not None or len(answer.statuses) == 1


def _settle(batch: Sequence[Withdrawal], delivered: Delivered) -> None:
    for one, status in zip(batch, statuses(delivered, len(batch)), strict=True):
        if isinstance(status, Refused) and refusal_of(status.text) is Refusal.GONE:
            one.answers.gone(one.order_id)
        elif status is None or isinstance(status, Refused):
            # A cancel that was refused or lost proves nothing about its order.
            one.answers.unknown(one.order_id)
        else:
            one.answers.withdrawn(one.order_id)
        one.over()


class _OfAccount(Protocol):
    @property
    def account(self) -> TradingAccount: ...


Item = TypeVar("Item", bound=_OfAccount)
One = TypeVar("One")


def by_account(items: Iterable[Item]) -> list[list[Item]]:
    """Apart by account, in order."""
    apart: dict[str, list[Item]] = {}
    for item in items:
        apart.setdefault(item.account.address, []).append(item)
    return list(apart.values())


def batches(items: Sequence[One]) -> list[Sequence[One]]:
    """As many as fit into one action, again and again."""
    return [items[at : at + BATCH_MAX] for at in range(0, len(items), BATCH_MAX)]


def statuses(delivered: Delivered, count: int) -> tuple[Status | None, ...]:
    """One for each order; None where nothing is known of it."""
    if delivered.delivery is not Delivery.ANSWERED:
        return (None,) * count
    try:
        return delivered.answer.of(count)
    except InvalidDataError:
        return (None,) * count
