"""The exchange's instruments, followed: what is listed, on which grid, open or halted.

It begins with the service's list, by REST where gRPC does not answer, and without either with the
list that was kept the last time: orders of an earlier run must be cancelled whatever is down.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import aclosing, suppress
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from google.protobuf.message import DecodeError
from msgspec import to_builtins

from market_maker.documents import read_document, replace_whole
from market_maker.model.errors import InvalidDataError, VenueUnavailableError
from market_maker.model.instrument import Instrument
from market_maker.venues.metadata import metadata_pb2 as wire
from market_maker.venues.metadata.grpc_client import MetadataClient
from market_maker.venues.metadata.instrument_entry import (
    OPEN,
    InstrumentEntry,
    TradingStatus,
    instrument_entry,
)
from market_maker.venues.metadata.rest_client import MetadataRest

CACHE_NAME = "instruments-last-known.bin"
CACHE_MAX = 16_000_000
RETRY_S = 1.0
REASONS_SAID = 5
"""Reasons of one outage that are logged."""

GridChanged = Callable[[str, str], None]
"""Called with a symbol whose grid is not the one from before, and that in words."""


class ChangeLog(Protocol):
    """A log, as far as it is used here."""

    def info(self, event: str, **fields: object) -> None:
        """Something happened."""

    def warning(self, event: str, **fields: object) -> None:
        """A person should know."""


class InstrumentDirectory:
    """ports.Instruments. problem: why changes do not arrive now, in words; empty while they do.
    grid_changed: may be set after it was made."""

    def __init__(
        self, client: MetadataClient, rest: MetadataRest | None, cache: Path, log: ChangeLog
    ) -> None:
        self._client, self._rest, self._cache, self._log = client, rest, cache, log
        self._sent: dict[str, wire.Instrument] = {}
        self._listed: dict[str, InstrumentEntry] = {}
        self._unusable: dict[str, str] = {}
        self._said: set[str] = set()
        self.problem = "the metadata service has not been asked yet"
        self.grid_changed: GridChanged = lambda _symbol, _words: None

    # ports.Instruments

    def find(self, symbol: str) -> Instrument | None:
        listed = self._listed.get(symbol)
        return None if listed is None else listed.instrument

    def reference_price(self, symbol: str) -> Decimal | None:
        listed = self._listed.get(symbol)
        return None if listed is None else listed.reference_price

    def symbols(self) -> tuple[str, ...]:
        there = (s for s, e in self._listed.items() if e.status is not TradingStatus.DELISTED)
        return tuple(sorted(there))

    def is_halted(self, symbol: str) -> bool:
        """Whether orders must not be sent: it is not open, not listed, or not understood."""
        listed = self._listed.get(symbol)
        return listed is None or listed.status not in OPEN or symbol in self._unusable

    @property
    def detail(self) -> str:
        """What is to be said of it, in words; empty when nothing is."""
        unusable = [f"not traded: {problem}" for _, problem in sorted(self._unusable.items())]
        return "; ".join(filter(None, (self.problem, *unusable)))

    # following

    async def load(self) -> None:
        """Read the list for the first time. Raises VenueUnavailableError where neither service
        answers and no list was kept."""
        try:
            listed = await self._asked()
        except VenueUnavailableError as error:
            self.problem = f"{error}; the list is of an earlier run"
            try:
                listed = _remembered(self._cache)
            except InvalidDataError:
                raise error from None
        else:
            self.problem = ""
        self._take_all(listed)

    async def run(self) -> None:
        """Follow the changes until cancelled. A list by REST stands in while gRPC is away."""
        while True:
            try:
                await self._follow()
            except VenueUnavailableError as error:
                await self._stand_in(str(error))
            await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        """Raises VenueUnavailableError."""
        news: dict[str, wire.Instrument] | None = {}
        async with aclosing(self._client.updates()) as updates:
            async for update in updates:
                match update.WhichOneof("update"):
                    case "instrument" if news is not None:
                        news[update.instrument.symbol] = update.instrument
                    case "instrument":
                        self._take(update.instrument)
                        await self._remember()
                    case "synced" if news is not None:
                        self._take_all(news.values())
                        news = None
                        self._followed_again()
                        await self._remember()

    async def _stand_in(self, problem: str) -> None:
        self.problem = self.problem or problem
        self._changed_problem(await self._by_rest(problem))

    async def _by_rest(self, problem: str) -> str:
        """The list by REST instead, where there is one; what is to be said afterwards."""
        if self._rest is None:
            return problem
        try:
            self._take_all(await self._rest.instruments())
        except VenueUnavailableError as error:
            return f"{problem}; {error}"
        return f"{problem}; followed by REST"

    def _changed_problem(self, problem: str) -> None:
        """One line for each reason of an outage; reasons that take turns are no changes."""
        self.problem = problem
        if problem not in self._said and len(self._said) < REASONS_SAID:
            self._said.add(problem)
            self._log.warning("metadata service away", problem=problem)

    def _followed_again(self) -> None:
        self.problem = ""
        if self._said:
            self._said.clear()
            self._log.info("metadata service followed again")

    async def _asked(self) -> list[wire.Instrument]:
        try:
            return await self._client.instruments()
        except VenueUnavailableError as error:
            if self._rest is None:
                raise
            try:
                return await self._rest.instruments()
            except VenueUnavailableError as other:
                raise VenueUnavailableError(f"{error}; {other}") from other

    def _take_all(self, sent: Iterable[wire.Instrument]) -> None:
        """The whole state: what is not in it is not listed any more, and halted."""
        symbols = set()
        for each in sent:
            symbols.add(each.symbol)
            self._take(each)
        for symbol in self._listed.keys() - symbols - self._unusable.keys():
            self._unusable[symbol] = f"instrument {symbol!r}: is not listed any more"
            self._log.warning("instrument gone from the list", symbol=symbol)

    def _take(self, sent: wire.Instrument) -> None:
        symbol = sent.symbol
        if self._sent.get(symbol) == sent and symbol not in self._unusable:
            return
        try:
            listed = instrument_entry(sent)
        except InvalidDataError as error:
            if self._unusable.get(symbol) != str(error):
                self._unusable[symbol] = str(error)
                self._log.warning("instrument not understood", problem=str(error))
            return
        self._unusable.pop(symbol, None)
        before, self._listed[symbol] = self._listed.get(symbol), listed
        self._sent[symbol] = sent
        if before is not None:
            self._compare(before, listed)

    def _compare(self, before: InstrumentEntry, now: InstrumentEntry) -> None:
        symbol = now.instrument.symbol
        if now.status is not before.status:
            self._log.info(
                "instrument status changed",
                symbol=symbol,
                status=now.status,
                before=before.status,
                message=now.message,
            )
        old, new = before.instrument, now.instrument
        if old.limits != new.limits:
            limits, earlier = to_builtins(new.limits), to_builtins(old.limits)
            self._log.info("instrument limits changed", symbol=symbol, now=limits, before=earlier)
        if (old.tick_size, old.lot_size) != (new.tick_size, new.lot_size):
            words = (
                f"the exchange changed the grid: tick {old.tick_size} -> {new.tick_size}, "
                f"lot {old.lot_size} -> {new.lot_size}"
            )
            self._log.warning("instrument grid changed", symbol=symbol, change=words)
            self.grid_changed(symbol, words)

    async def _remember(self) -> None:
        """A disk that is full costs the memory of the list, not the list."""
        document = wire.ListInstrumentsResponse(instruments=self._sent.values())
        with suppress(OSError):
            await asyncio.to_thread(replace_whole, self._cache, document.SerializeToString())


def _remembered(cache: Path) -> list[wire.Instrument]:
    """Raises InvalidDataError where nothing was kept that can be used."""
    content = read_document(cache, CACHE_MAX)
    try:
        return list(wire.ListInstrumentsResponse.FromString(content).instruments)
    except DecodeError as error:
        raise InvalidDataError(str(cache), "is no list of instruments") from error
