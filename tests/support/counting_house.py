"""Settlement without a network: a database in memory, a clock that is set, a wallet of our own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from msgspec.structs import replace

from market_maker.accounting.analytics import Analytics
from market_maker.accounting.payouts import Payouts
from market_maker.accounting.settling import Settling
from market_maker.clocks import SimClock
from market_maker.journaling.audit import AuditTrail
from market_maker.model.calendar import month_named
from market_maker.model.caller import Caller, Role
from market_maker.model.errors import StoreUnavailableError, WalletUnavailableError
from market_maker.model.exact import ZERO
from market_maker.model.money import MoneyFlow, Transfer, TransferStatus
from market_maker.model.participant import RevenueModel
from market_maker.model.records import LedgerCriteria, SettlementCriteria
from market_maker.model.units import NANOS_PER_SECOND, Nanos, ParticipantId
from market_maker.performance.scores import Scores
from market_maker.venues.instruments import SandboxInstruments
from tests import builders
from tests.builders import entry
from tests.support.office import SYMBOL, Office, config, database, member

OCTOBER, NOVEMBER, DECEMBER = (month_named(f"2025-{number}") for number in (10, 11, 12))
HOUR = 3_600 * NANOS_PER_SECOND
DAY = 24 * HOUR

MAY = Caller("may", (Role.FINANCE,), "t1")
ANN = Caller("ann", (Role.FINANCE,), "t2")
PAT = Caller("pat", (Role.FINANCE,), "t3")
ACME, BETA = ParticipantId("acme"), ParticipantId("beta")


class OwnWallet:
    """Done is what it says, unless it is set to be silent or to refuse."""

    def __init__(self) -> None:
        self.silent = self.deaf = False
        self.refusal = ""
        self.done: dict[str, Transfer] = {}
        self.moved: list[str] = []

    async def transfer(self, wanted: Transfer) -> Transfer:
        if self.deaf:
            raise WalletUnavailableError("no answer")
        if wanted.transfer_id not in self.done:
            self.moved += [] if self.refusal else [wanted.transfer_id]
            self.done[wanted.transfer_id] = self._judged(wanted)
        return self._said(self.done[wanted.transfer_id])

    async def find(self, transfer_id: str) -> Transfer | None:
        if self.silent or self.deaf:
            raise WalletUnavailableError("no answer")
        return self.done.get(transfer_id)

    def _said(self, transfer: Transfer) -> Transfer:
        if self.silent:
            raise WalletUnavailableError("no answer")
        return transfer

    def _judged(self, wanted: Transfer) -> Transfer:
        if self.refusal:
            return replace(wanted, status=TransferStatus.REFUSED, problem=self.refusal)
        txn = f"txn-{len(self.done) + 1}"
        return replace(wanted, status=TransferStatus.DONE, wallet_txn_id=txn)


def settling_on(store, clock, flow: MoneyFlow = MoneyFlow.OWN_ACCOUNTS) -> Settling:
    """Settlements of a process of its own."""
    return Settling(store, AuditTrail(store, clock), clock, flow)


def payouts_on(store, clock, wallet) -> Payouts:
    """Payouts of a process of its own."""
    return Payouts(store, AuditTrail(store, clock), clock, wallet)


def scores_on(house: "House") -> Scores:
    """Scores, as they stand in its store."""
    return Scores(house.store, house.trail, house.clock, SandboxInstruments())


def analytics_on(house: "House") -> Analytics:
    """Analytics of its store, where no pool runs."""
    return Analytics(house.store, house.clock, Office(house.store, house.clock).pools)


class House:
    """Settling and paying on one store."""

    def __init__(self, store, flow: MoneyFlow = MoneyFlow.OWN_ACCOUNTS) -> None:
        self.clock = SimClock(OCTOBER.start)
        self.store = store
        self.trail = AuditTrail(store, self.clock)
        self.wallet = OwnWallet()
        self.settling = settling_on(store, self.clock, flow)
        self.payouts = payouts_on(store, self.clock, self.wallet)
        self._entries = 0

    async def enrol(self, name: ParticipantId, share: int | None = 20) -> None:
        model = RevenueModel.KEEP_ALL if share is None else RevenueModel.PERCENTAGE_SPLIT
        now = self.clock.now()
        who = builders.participant(
            name,
            initial_margin_usdt=10_000,
            max_drawdown_pct=20,
            revenue_model=model,
            revenue_share_pct=share or 0,
            created_at=now,
            updated_at=now,
        )
        async with self.store.transaction() as unit:
            await unit.participants.add(who)

    async def earn(self, name: ParticipantId, ts: int, profit: str, fee: str = "0") -> None:
        """A closed position that brought `profit` at `ts`, for a fee."""
        self._entries += 1
        gain, cost = Decimal(profit), Decimal(fee)
        made = entry(
            ref=f"fill-{self._entries}",
            symbol=SYMBOL,
            participant_id=name,
            ts_event=Nanos(ts),
            posted_at=self.clock.now(),
            cash=gain - cost,
            inventory=ZERO,
            realised=-gain,
            fees=cost,
            quantity=Decimal("-0.001"),
            position=ZERO,
            cost=ZERO,
        )
        async with self.store.transaction() as unit:
            await unit.ledger.post([made])

    async def hold(self, name: ParticipantId, ts: int, size: str, cost: str) -> None:
        """Bought, and still held."""
        self._entries += 1
        paid = Decimal(cost)
        made = entry(
            ref=f"fill-{self._entries}",
            symbol=SYMBOL,
            participant_id=name,
            ts_event=Nanos(ts),
            posted_at=self.clock.now(),
            cash=-paid,
            inventory=paid,
            fees=ZERO,
            quantity=Decimal(size),
            position=Decimal(size),
            cost=paid,
        )
        async with self.store.transaction() as unit:
            await unit.ledger.post([made])

    async def join(self, name: ParticipantId) -> None:
        """Into the pool, now."""
        async with self.store.transaction() as unit:
            if await unit.pools.get(SYMBOL) is None:
                await unit.pools.add(config(), self.clock.now())
            await unit.members.add(SYMBOL, member(name, 10), self.clock.now())

    async def leave(self, name: ParticipantId) -> None:
        """Out of it, now."""
        async with self.store.transaction() as unit:
            row = await unit.members.get(SYMBOL, name)
            gone = replace(row.member, active=False)
            await unit.members.replace(SYMBOL, gone, row.version, self.clock.now())

    async def pending(self) -> str:
        """Two participants, a profit each, and October closed by May; returns Acme's record."""
        await self.enrol(ACME)
        await self.enrol(BETA, None)
        await self.earn(ACME, OCTOBER.start + DAY, "1250.005", "0.125")
        await self.earn(BETA, OCTOBER.start + DAY, "-80", "-0.25")
        self.clock.advance_to(Nanos(NOVEMBER.start + HOUR))
        await self.settling.close(MAY, "2025-10")
        return "stl-2025-10-1-acme"

    async def approved(self) -> str:
        """The same, approved by Ann."""
        name = await self.pending()
        await self.settling.approve(ANN, name)
        return name

    async def records(self, **criteria):
        page = await self.settling.page(SettlementCriteria(**criteria), 1_000)
        return page.items

    async def ledger(self, **criteria):
        async with self.store.reading() as unit:
            return (await unit.ledger.page(LedgerCriteria(**criteria), 1_000)).items

    async def audit(self) -> list[tuple[str, str, str]]:
        async with self.store.reading() as unit:
            rows = await unit.audit.after(0, 1_000)
        return [(row.subject, row.action, row.result) for row in rows]


class FailingStore:
    """A store that is gone after so many transactions: before the next one begins, or, where
    `late`, after it was committed."""

    def __init__(self, store, left: int, *, late: bool = False) -> None:
        self._store, self.left, self._late = store, left, late

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[object]:
        gone = self.left == 0
        self.left -= 1
        if gone and not self._late:
            raise StoreUnavailableError("gone")
        async with self._store.transaction() as unit:
            yield unit
        if gone:
            raise StoreUnavailableError("gone")

    def reading(self):
        return self._store.reading()


@asynccontextmanager
async def house(flow: MoneyFlow = MoneyFlow.OWN_ACCOUNTS) -> AsyncIterator[House]:
    async with database() as store:
        yield House(store, flow)
