"""Cancelling at Hyperliquid without the maker that placed the orders.

With a key of its own: an agent that the account has approved, so that the maker's key need not be
where the watchdog is, and neither uses up the other's nonces. Only orders that this program sent
are taken off, and only in the markets that the maker named; without any name, in all of them.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from market_maker.model.errors import InvalidFieldError, MakerError, VenueError
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.ports.dead_man import VenueSweep, WatchedAccount
from market_maker.venues.hyperliquid.account_wire import InfoOrder
from market_maker.venues.hyperliquid.accounts import TradingAccount
from market_maker.venues.hyperliquid.actions import CancelByCloid, CancelCloid
from market_maker.venues.hyperliquid.budgets import batch_weight
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.cloids import is_ours
from market_maker.venues.hyperliquid.identity import KeyHolder, holder_of, measured_ahead
from market_maker.venues.hyperliquid.info import ask
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.session import trading_account
from market_maker.venues.hyperliquid.signing import SignedRequest, SigningTerms, signed
from market_maker.venues.hyperliquid.universe import MAIN, load_dexes, load_universe
from market_maker.venues.hyperliquid.withdrawals import batches

AGAIN_S = 6.0
"""An order that was on its way when its maker died does nothing five seconds after it was sent: a
list after that is the proof for good. A list weighs 20 of the 1,200 a minute of this address."""

LEAP_MAX = 5 * NANOS_PER_SECOND
"""How far this machine's clock may have been set since it was compared with the venue's."""

WAIT_MAX_S = 2.0
"""Until a venue that does not answer is asked again: from a tenth of a second, doubled."""


class HyperliquidDeadMan:
    """ports.dead_man.DeadMan. problem: why the last sweep could not be made in full, in words.
    state: folder of the nonces of `key`."""

    again_s = AGAIN_S

    def __init__(self, rest: Rest, key: SigningKey, clock: Clock, state: Path) -> None:
        self._rest, self._key, self._clock, self._state = rest, key, clock, state
        self._accounts: dict[str, TradingAccount] = {}
        self._own: KeyHolder | None = None
        self._assets: dict[str, int] = {}
        self._dexes: tuple[str, ...] = ()
        self._silent = self._ahead_ms = self._drift_then = 0
        self.problem = ""

    async def open(self) -> KeyHolder:
        """Ask whose agent the key is, and what there is to trade, so that neither has to be asked
        when it matters. Raises VenueRefusedError for a key that may not act, VenueUnavailableError
        where the venue does not answer: the next sweep asks again."""
        if self._own is None:
            own = await holder_of(self._rest, self._clock, self._key.address)
            self._accounts[own.account] = trading_account(self._key, own, self._state)
            self._own = own
            await self._compare_clocks()
        if not self._dexes:
            listed = await load_dexes(self._rest)
            await self._learn([MAIN if dex is None else dex.name for dex in listed])
            self._dexes = tuple(MAIN if dex is None else dex.name for dex in listed)
        return self._own

    async def holder(self) -> KeyHolder:
        """Whose agent the key is now: it may have been approved again. Raises VenueError."""
        return await holder_of(self._rest, self._clock, self._key.address)

    async def sweep(self, accounts: Sequence[WatchedAccount]) -> VenueSweep:
        self.problem = ""
        self._rest.tend()
        try:
            own = await self.open()
        except VenueError as error:
            return await self._nothing_known(str(error))
        coins: dict[str, set[str]] = {}
        for account in accounts:
            coins.setdefault(account.account_id.lower(), set()).add(account.symbol)
        looks = [
            self._sweep_dex(address, dex, named)
            for address, named in (coins or {own.account: set()}).items()
            for dex in ({_dex_of(coin) for coin in named} or self._dexes)
        ]
        found = await asyncio.gather(*looks)
        unanswered = found.count(None)
        if unanswered:
            await self._pause()
        else:
            self._silent = 0
        return VenueSweep(open=sum(each or 0 for each in found), unanswered=unanswered)

    async def _sweep_dex(self, address: str, dex: str, coins: set[str]) -> int | None:
        """How many orders of ours are open there, for each of which a cancel was sent; None: not
        known."""
        try:
            account = await self._account(address)
            question = ask("frontendOpenOrders", user=address, dex=dex or None)
            listed: tuple[InfoOrder, ...] = await self._rest.ask(question, urgent=True)
            ours = [
                order
                for order in listed
                if is_ours(order.cloid) and (not coins or order.coin in coins)
            ]
            if any(order.coin not in self._assets for order in ours):
                # Listed since we began.
                await self._learn([dex])
        except (VenueError, InvalidFieldError) as error:
            self.problem = str(error)
            return None
        await self._cancel(account, [one for one in ours if one.coin in self._assets])
        return len(ours)

    async def _account(self, address: str) -> TradingAccount:
        """Raises InvalidFieldError where it is none of this key's."""
        if address not in self._accounts:
            found = await holder_of(self._rest, self._clock, self._key.address, account=address)
            self._accounts[address] = trading_account(self._key, found, self._state)
        return self._accounts[address]

    async def _cancel(self, account: TradingAccount, orders: list[InfoOrder]) -> None:
        """All of them at once. Answers are not read: the next list is the proof."""
        if orders and abs(self._drift() - self._drift_then) > LEAP_MAX:
            # A number from our future would be refused, and so would all that follow.
            await self._compare_clocks()
        requests = list[tuple[SignedRequest, int]]()
        unsigned = False
        for batch in batches(orders):
            cancels = tuple(
                CancelCloid(self._assets[one.coin], one.cloid) for one in batch if one.cloid
            )
            try:
                nonce = account.signer.nonces.next(self._venue_time())
            except MakerError as error:
                self.problem, unsigned = str(error), True
                break
            terms = SigningTerms(nonce, account.vault)
            action = CancelByCloid(cancels, f=True)
            request = signed(account.signer.key, action, terms, self._rest.network)
            requests.append((request, batch_weight(len(batch))))
        answering = [self._rest.act(*request, urgent=True) for request in requests]
        for sent in await asyncio.gather(*answering):
            self.problem = sent.problem or sent.answer.refused or self.problem
            unsigned |= bool(sent.answer.refused)
        if unsigned:
            # Perhaps for its number: one of the two clocks was set, or this machine slept.
            await self._compare_clocks()

    def _drift(self) -> int:
        """Between this machine's time of day and the time that passes, in nanoseconds; changes when
        the former is set, or the machine sleeps."""
        return self._clock.now() - int(asyncio.get_running_loop().time() * NANOS_PER_SECOND)

    def _venue_time(self) -> Nanos:
        return Nanos(self._clock.now() - self._ahead_ms * NANOS_PER_MS)

    async def _compare_clocks(self) -> None:
        """Numbers have to be near the venue's time; the next sweep sends them."""
        with suppress(VenueError):
            self._drift_then = self._drift()
            self._ahead_ms = await measured_ahead(self._rest, self._clock)

    async def _learn(self, dexes: Sequence[str]) -> None:
        universe = await load_universe(self._rest, dexes)
        self._assets |= {coin: market.asset for coin, market in universe.markets.items()}

    async def _nothing_known(self, problem: str) -> VenueSweep:
        self.problem = problem
        await self._pause()
        return VenueSweep(open=0, unanswered=1)

    async def _pause(self) -> None:
        """A venue that is away or says that it is asked too often is not asked ten times a
        second."""
        await asyncio.sleep(min(WAIT_MAX_S, 0.1 * 2 ** min(self._silent, 10)))
        self._silent += 1


def _dex_of(coin: str) -> str:
    return coin.partition(":")[0] if ":" in coin else MAIN
