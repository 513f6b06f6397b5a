"""What goes wrong around a counting house: the database, the wallet, the process itself."""

from contextlib import asynccontextmanager, contextmanager

from msgspec.structs import replace

from market_maker.model.errors import StoreUnavailableError, WalletUnavailableError
from market_maker.model.money import Transfer, TransferStatus

AWAY, CRASH = 0.06, 0.02
"""How likely at each of the three places of a transaction, and at a question to the wallet."""


class CrashError(Exception):
    """The process ends here; nothing of it catches this."""


class Weather:
    """Decides, by a seed, what goes wrong next."""

    def __init__(self, random):
        self.random = random
        self.good = False

    @contextmanager
    def calm(self):
        before, self.good = self.good, True
        try:
            yield
        finally:
            self.good = before

    def strike(self):
        """Raise what happens at this place, mostly nothing."""
        if self.good:
            return
        drawn = self.random.random()
        if drawn < CRASH:
            raise CrashError("here")
        if drawn < CRASH + AWAY:
            raise StoreUnavailableError("gone")


class StormyStore:
    """ports.Store which is away, or takes the process with it: before a transaction, before its
    end so that it comes to nothing, or after it was committed."""

    def __init__(self, store, weather):
        self._store, self._weather = store, weather

    @asynccontextmanager
    async def transaction(self):
        self._weather.strike()
        async with self._store.transaction() as unit:
            yield unit
            self._weather.strike()
        self._weather.strike()

    async def commit(self, work):
        async def struck(unit):
            given = await work(unit)
            self._weather.strike()
            return given

        self._weather.strike()
        given = await self._store.commit(struck)
        self._weather.strike()
        return given

    @asynccontextmanager
    async def reading(self):
        self._weather.strike()
        async with self._store.reading() as unit:
            yield unit


class MessyWallet:
    """ports.Wallet of another company: it outlives the service. moved: (transfer_id, settlement,
    payer, payee, amount) of everything that it did, in order."""

    def __init__(self, weather):
        self._weather = weather
        self._book: dict[str, Transfer] = {}
        self.moved: list[Transfer] = []

    async def transfer(self, wanted):
        self._stumble()
        if wanted.transfer_id not in self._book:
            self._book[wanted.transfer_id] = self._judged(wanted)
        self._stumble()
        return self._book[wanted.transfer_id]

    async def find(self, transfer_id):
        self._stumble()
        return self._book.get(transfer_id)

    def _judged(self, wanted):
        if not self._weather.good and self._weather.random.random() < 0.25:
            return replace(wanted, status=TransferStatus.REFUSED, problem="no funds")
        told = replace(wanted, status=TransferStatus.DONE, wallet_txn_id=f"w-{len(self.moved)}")
        self.moved.append(told)
        return told

    def _stumble(self):
        """Deaf before, dumb after, or the process that asks dies."""
        if self._weather.good:
            return
        drawn = self._weather.random.random()
        if drawn < CRASH:
            raise CrashError("while the wallet was asked")
        if drawn < 0.3:
            raise WalletUnavailableError("no answer")
