"""What goes wrong around a counting house: the database, the wallet, the process itself."""

from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from random import Random

from msgspec.structs import replace

from market_maker.model.errors import StoreUnavailableError, WalletUnavailableError
from market_maker.model.money import Transfer, TransferStatus

AWAY, CRASH = 0.06, 0.02
"""How likely at each of the three places of a transaction, and at a question to the wallet."""


class CrashError(Exception):
    """The process ends here; nothing of it catches this."""


class Draws:
    """Random numbers by a seed, a stream for each purpose: what one purpose draws moves no other's
    draws, however threads of the database order them."""

    def __init__(self, seed, purpose):
        self._name = f"{seed} {purpose}"
        self._stream, self._first = ContextVar(purpose), Random(self._name)

    @property
    def now(self):
        """The stream of the task that asks."""
        return self._stream.get(self._first)

    def of(self, name):
        """A stream from its beginning."""
        return Random(f"{self._name} {name}")

    def begin(self, name):
        """From here on it is that of this task, and of those that it starts."""
        self._stream.set(self.of(name))


class Weather:
    """Decides, by a seed, what goes wrong next in each deed."""

    def __init__(self, seed):
        self.draws = Draws(seed, "weather")
        self._good = ContextVar("good", default=False)

    @property
    def good(self):
        return self._good.get()

    @contextmanager
    def calm(self):
        """For the task that asks for it."""
        before = self._good.set(True)
        try:
            yield
        finally:
            self._good.reset(before)

    def next(self):
        """What happens at this place, mostly nothing. To be asked by a task, never by a thread."""
        return None if self.good else _met(self.draws.now)

    def foreseen(self, name):
        """What the stream of this name meets first."""
        return _met(self.draws.of(name))

    def strike(self):
        strike(self.next())


def _met(random):
    drawn = random.random()
    if drawn < CRASH:
        return CrashError("here")
    return StoreUnavailableError("gone") if drawn < CRASH + AWAY else None


def strike(trouble):
    """Raise it, if there is any."""
    if trouble is not None:
        raise trouble


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
        self._weather.strike()
        inside = self._weather.next()  # the work is done in a thread

        async def struck(unit):
            given = await work(unit)
            strike(inside)
            return given

        given = await self._store.commit(struck)
        self._weather.strike()
        return given

    @asynccontextmanager
    async def reading(self):
        self._weather.strike()
        async with self._store.reading() as unit:
            yield unit

    glimpse = reading


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
        if not self._weather.good and self._weather.draws.now.random() < 0.25:
            return replace(wanted, status=TransferStatus.REFUSED, problem="no funds")
        done = replace(wanted, status=TransferStatus.DONE, wallet_txn_id=f"w-{len(self.moved)}")
        self.moved.append(done)
        return done

    def _stumble(self):
        """Deaf before, dumb after, or the process that asks dies."""
        if self._weather.good:
            return
        drawn = self._weather.draws.now.random()
        if drawn < CRASH:
            raise CrashError("while the wallet was asked")
        if drawn < 0.3:
            raise WalletUnavailableError("no answer")
