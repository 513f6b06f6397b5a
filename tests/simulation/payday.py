"""A seeded life of a counting house: the real services on a real SQLite file, a clock that is set,
a wallet that forgets to answer, a database that is away, and a process that dies anywhere.

Which deeds are done, and when, follows from the seed alone, and so do each deed's own draws and the
first trouble that it meets. How two deeds at once, and so what comes after, turn out is decided by
the threads of the database: `crashes`, `refused` and `away` differ from run to run.

What truly happened is kept beside it: `fills`, `payments` and `looks` as they came, and in the
wallet what was moved. tests/simulation/payday_rules.py holds the books against that.
"""

import asyncio
import shutil
from collections import Counter
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from itertools import islice
from random import Random

from msgspec.structs import replace

from market_maker.accounting.month_end import MonthEnd
from market_maker.clocks import SimClock
from market_maker.execution.alarms import SERVICE
from market_maker.journaling.bookkeeper import Bookkeeper
from market_maker.model.calendar import month_named
from market_maker.model.errors import DomainError, StoreError
from market_maker.model.money import MoneyFlow
from market_maker.model.orders import Side
from market_maker.model.participant import RevenueModel
from market_maker.model.records import SettlementCriteria
from market_maker.model.units import NANOS_PER_HOUR, Lots, Nanos, ParticipantId, Ticks, Value
from market_maker.performance.presence import PresenceBook
from market_maker.performance.rollup import RollUp
from market_maker.storage.database import embedded_url, open_database
from market_maker.storage.store import DatabaseStore
from tests.builders import fill, member, order, participant, payment, pool, presence
from tests.simulation.payday_weather import (
    CrashError,
    Draws,
    MessyWallet,
    StormyStore,
    Weather,
)
from tests.support.counting_house import ANN, MAY, PAT, payouts_on, settling_on
from tests.unit.telemetry.lines import NO_LOG

GRIDS = {
    "BTCUSDT-PERP": (Decimal("0.1"), Decimal("0.001")),
    "ETHUSDT-PERP": (Decimal("0.01"), Decimal("0.01")),
}
SYMBOLS = tuple(GRIDS)
NAMES = tuple(map(ParticipantId, ("acme", "beta", "gamma")))
FIRST = month_named("2025-11")
DAY = Nanos(24 * NANOS_PER_HOUR)
PEOPLE = (MAY, ANN, PAT)
AT_ONCE = ("trade", "late", "again", "fund", "member", "terms")
"""Deeds that ask the store before they do anything else, and say it if it is away."""


class PayDay:
    """crashes, refused, away, done: how often what happened, so that a test can see that it did.
    foreseen: crashes, and deeds whose first transaction finds the database away, by the plan."""

    def __init__(self, seed, folder, migrated):
        self._plan, self._draws = planned(seed), Draws(seed, "deeds")
        shutil.copy(migrated, folder)
        self._url = embedded_url(folder)
        self.flow = self._draws.of("flow").choice(list(MoneyFlow))
        self.clock = SimClock(Nanos(FIRST.start + NANOS_PER_HOUR))
        self.weather = Weather(seed)
        self.wallet = MessyWallet(self.weather)
        self.fills, self.payments, self.answers = [], [], []
        self.lost_looks = 0
        self.crashes = self.refused = self.away = 0
        self.done, self.foreseen = Counter(), Counter()
        self._pending, self._attempts = [], 0

    @property
    def random(self):
        """Of the deed that asks."""
        return self._draws.now

    # the process

    async def start(self):
        """Everything anew, from what is in the file."""
        self._database = open_database(self._url)
        self.calm = DatabaseStore(self._database)
        self.store = StormyStore(self.calm, self.weather)
        self.settling = settling_on(self.store, self.clock, self.flow)
        self.payouts = payouts_on(self.store, self.clock, self.wallet)
        self.books, self.presence = Bookkeeper(), PresenceBook(self.store)
        self.rolling = RollUp(self.store, self.clock, self.presence)
        self.months = MonthEnd(self.settling, self.clock, NO_LOG)

    async def stop(self):
        await self._database.close()

    async def open_for_business(self):
        """Pools, participants, and an order for every fill to come from."""
        now = self.clock.now()
        async with self.calm.transaction() as unit:
            for number, name in enumerate(NAMES):
                await unit.participants.add(participant(name, created_at=now, updated_at=now))
                made = [_order(number * 10 + i, name, *of) for i, of in enumerate(_WAYS)]
                await unit.orders.add(made)
            for symbol in SYMBOLS:
                await unit.pools.add(pool(symbol), now)

    async def attempt(self, *names):
        """Do these deeds at once, whatever comes of it; after a crash start again."""
        self._attempts += 1
        streams = {name: f"{self._attempts} {name}" for name in names}
        self.done.update(streams.keys())
        self._foresee(streams)
        results = await asyncio.gather(
            *(self._begun(*each) for each in streams.items()), return_exceptions=True
        )
        flat = [error for result in results for error in _flat(result)]
        for error in flat:
            if isinstance(error, DomainError):
                self.refused += 1
            elif isinstance(error, StoreError):
                self.away += 1
            elif not isinstance(error, CrashError):
                raise error
        if any(isinstance(error, CrashError) for error in flat):
            self.crashes += 1
            self.lost_looks += self.presence.waiting
            await self.stop()
            await self.start()

    def _foresee(self, streams):
        first = [self.weather.foreseen(streams[name]) for name in streams if name in AT_ONCE]
        crashes = [trouble for trouble in first if isinstance(trouble, CrashError)]
        self.foreseen["crashes"] += bool(crashes or "crash" in streams)
        self.foreseen["away"] += sum(isinstance(each, StoreError) for each in first)

    async def _begun(self, name, stream):
        self._draws.begin(stream)
        self.weather.draws.begin(stream)
        await self.deeds()[name]()

    async def live(self, steps):
        for pause, names in islice(self._plan, steps):
            self.clock.advance_to(Nanos(self.clock.now() + pause))
            await self.attempt(*names)

    async def settle_down(self):
        """The weather is good, every service answers, and what waited is done."""
        with self.weather.calm():
            await self.store_fills()
            await self.presence.write()
            await self.rolling.step()
            await self.settling.complete_latest(SERVICE)
            await self.payouts.resolve()
            assert not self._pending

    def deeds(self):
        """What may be done, by name."""
        return {
            "trade": self.trade,
            "late": partial(self.trade, late=True),
            "again": self.store_again,
            "fund": self.fund,
            "look": self.look,
            "member": self.come_or_go,
            "terms": self.change_terms,
            "roll": self.rolling.step,
            "schedule": self.months.step,
            "close": self.close,
            "approve": self.approve,
            "reject": self.reject,
            "recreate": self.recreate,
            "pay": self.pay,
            "by hand": self.by_hand,
            "retry": self.retry,
            "resolve": self.payouts.resolve,
            "crash": self.crash,
        }

    # what happens at the venue, and is stored at least once

    async def trade(self, *, late=False):
        for _ in range(self.random.randint(1, 4)):
            whose, way = self.random.randrange(len(NAMES)), self.random.randrange(len(_WAYS))
            of = _order(whose * 10 + way, NAMES[whose], *_WAYS[way])
            age = self.random.randrange(50 * DAY) if late else self.random.randrange(100)
            done = fill(
                len(self.fills) + 1,
                of,
                price=Ticks(self.random.randint(590_000, 610_000) - of.side.sign * 2_000),
                size=Lots(self.random.randint(1, 40)),
                fee=Value(self.random.randint(-(10**12), 10**12)),
                ts_event=Nanos(self.clock.now() - age),
                recorded_at=self.clock.now(),
            )
            self.fills.append(done)
            self._pending.append(done)
        await self.store_fills()

    async def store_fills(self):
        """What waits, oldest first; it waits on if that is not known to have held."""
        fills = list(self._pending)
        await self.store.commit(partial(self._store, fills, []))
        self._pending = [each for each in self._pending if each not in fills]

    async def store_again(self):
        """The venue reports old fills once more."""
        known = [each for each in self.fills if each not in self._pending]
        old = self.random.sample(known, min(3, len(known)))
        await self.store.commit(partial(self._store, old, []))

    async def fund(self):
        """Reported twice at times, and again until it is stored."""
        whose, symbol = self.random.choice(NAMES), self.random.choice(SYMBOLS)
        paid = payment(
            symbol=symbol,
            participant_id=whose,
            ts_event=Nanos(self.clock.now() - self.random.choice((1, 1, 20 * DAY))),
            amount=Decimal(self.random.randint(-(10**9), 10**9)) / 10**7,
            recorded_at=self.clock.now(),
        )
        with self.weather.calm():
            known = [(p.symbol, p.participant_id, p.ts_event) for p in self.payments]
            if (symbol, whose, paid.ts_event) not in known:
                await self.funded(paid)
        await self.store.commit(partial(self._store, [], [paid]))

    async def funded(self, paid):
        """Of one that is new."""
        self.payments.append(paid)
        await self.store.commit(partial(self._store, [], [paid]))

    async def _store(self, fills, payments, unit):
        """As the recorder does."""
        now = self.clock.now()
        new = await unit.fills.add(fills)
        versions = {each.client_order_id: 1 for each in new}
        await self.books.post(unit, new, versions, now)
        await self.books.fund(unit, await unit.funding.add(payments), now)

    async def look(self):
        for whose in NAMES:
            self.presence.add(self._seen(whose))
        await self.presence.write()

    def _seen(self, whose):
        valid = self.random.choice((0, 1))
        now = self.clock.now()
        seen = presence(
            symbol=SYMBOLS[0],
            participant_id=whose,
            hour=Nanos(now - now % NANOS_PER_HOUR),
            valid=valid,
            spread_sum_bps=Decimal(self.random.randint(50, 600)) / 10 * valid,
            depth_sum_usdt=Decimal(self.random.randint(1, 5_000)) * valid,
        )
        self.answers.append(seen)
        return seen

    # people

    async def come_or_go(self):
        symbol, whose = self.random.choice(SYMBOLS), self.random.choice(NAMES)
        now = self.clock.now()
        async with self.store.transaction() as unit:
            row = await unit.members.get(symbol, whose)
            if row is None or not row.member.active:
                await unit.members.add(symbol, member(whose, "30"), now)
            else:
                gone = replace(row.member, active=False)
                await unit.members.replace(symbol, gone, row.version, now)

    async def change_terms(self):
        async with self.store.transaction() as unit:
            row = await unit.participants.get(self.random.choice(NAMES))
            share = Decimal(self.random.choice(("0", "20", "20", "33.333333", "100")))
            model = self.random.choice(list(RevenueModel))
            news = replace(row, revenue_model=model, revenue_share_pct=share)
            await unit.participants.replace(news, row.version, self.clock.now())

    async def close(self):
        """Any month, also one that is not over, and out of order."""
        month = FIRST
        for _ in range(self.random.randrange(6)):
            month = month.next
        dry_run = self.random.random() < 0.2
        await self.settling.close(self.random.choice(PEOPLE), month.name, dry_run=dry_run)

    async def approve(self):
        await self.settling.approve(*await self._one("PENDING", ANN))

    async def reject(self):
        await self.settling.reject(*await self._one("PENDING", ANN), "not so")

    async def recreate(self):
        await self.settling.recreate(*await self._one("REJECTED", MAY))

    async def pay(self):
        who, name = await self._one("APPROVED", PAT)
        await self.payouts.pay(who, name)

    async def by_hand(self):
        who, name = await self._one("APPROVED", PAT)
        if self.random.random() < 0.5:
            await self.payouts.mark_failed(who, name, "bank closed")
        else:
            await self.payouts.mark_settled(who, name, f"by-hand-{name}")

    async def retry(self):
        await self.payouts.retry(*await self._one("FAILED", PAT))

    async def crash(self):
        raise CrashError("kill -9")

    async def _one(self, status, who):
        """Mostly the right person, for a settlement that is in the right status."""
        async with self.calm.reading() as unit:
            rows = (await unit.settlements.page(SettlementCriteria(), 1_000)).items
        fit = [row.settlement_id for row in rows if row.status == status]
        other = [row.settlement_id for row in rows]
        chosen = fit if fit and self.random.random() < 0.9 else other or ["stl-none"]
        person = who if self.random.random() < 0.8 else self.random.choice(PEOPLE)
        return person, self.random.choice(chosen)


_WAYS = tuple((symbol, side) for symbol in SYMBOLS for side in Side)
_WEIGHTS = {
    "trade": 12,
    "late": 3,
    "again": 1,
    "fund": 2,
    "look": 4,
    "member": 2,
    "terms": 1,
    "roll": 3,
    "schedule": 4,
    "close": 2,
    "approve": 8,
    "reject": 2,
    "recreate": 2,
    "pay": 8,
    "by hand": 1,
    "retry": 3,
    "resolve": 2,
    "crash": 1,
}


def planned(seed):
    """How long after the step before, and which deeds at once, step by step without an end."""
    random = Random(f"{seed} plan")
    while True:
        pause = random.randrange(120) * 10**12
        drawn = random.choices(list(_WEIGHTS), _WEIGHTS.values(), k=random.choice((1, 1, 2)))
        yield pause, sorted(set(drawn))


def _order(number, name, symbol, side):
    tick, lot = GRIDS[symbol]
    return order(
        number,
        client_order_id=f"mm-{name}-{symbol}-{side}",
        symbol=symbol,
        participant_id=name,
        account_id=f"account-{name}",
        side=side,
        tick_size=tick,
        lot_size=lot,
    )


def _flat(result):
    if isinstance(result, BaseExceptionGroup):
        return [error for each in result.exceptions for error in _flat(each)]
    return [result] if isinstance(result, BaseException) else []


@asynccontextmanager
async def payday(seed, folder, migrated):
    house = PayDay(seed, folder, migrated)
    await house.start()
    try:
        await house.open_for_business()
        yield house
    finally:
        await house.stop()
