"""Limits of a participant over all pools: its drawdown, which suspends it, and its margin."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal

from msgspec import Struct

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.execution import left_behind
from market_maker.execution.alarms import SERVICE
from market_maker.execution.engines import RunningPool
from market_maker.execution.running_pools import RunningPools
from market_maker.model.errors import IllegalTransitionError, NotFoundError
from market_maker.model.instrument import Instrument
from market_maker.model.participant import Participant, ParticipantCommand, ParticipantStatus
from market_maker.model.units import ParticipantId
from market_maker.operations.participants import ParticipantDirectory
from market_maker.ports import Clock

DRAWDOWN = "drawdown limit exceeded"
WHOLE_PCT = Decimal(100)
SHOWN = Decimal("0.01")


class ParticipantHeadroom(Struct, frozen=True, kw_only=True):
    """A participant against its limits, over all pools. equity_usdt: initial margin and PnL;
    peak_usdt: initial margin and the greatest PnL ever seen; drawdown_pct: of that peak.
    position_usdt: what it holds at the mid, longs and shorts added up; worst_case_usdt: the same
    were the orders of the worse side of each pool filled, which the engines keep within
    initial_margin_usdt. Headroom < 0: beyond the limit. breach: why it is stopped, empty when it
    is not."""

    participant_id: ParticipantId
    equity_usdt: Decimal
    peak_usdt: Decimal
    drawdown_pct: Decimal
    max_drawdown_pct: Decimal
    drawdown_headroom_pct: Decimal
    position_usdt: Decimal
    worst_case_usdt: Decimal
    initial_margin_usdt: Decimal
    margin_headroom_usdt: Decimal
    breach: str


class _Held(Struct):
    """What a participant holds in the pools summed so far, quote currency. unpriced: in one of them
    a position of which it is not known what it is worth."""

    net: Decimal = Decimal(0)
    position: Decimal = Decimal(0)
    worst: Decimal = Decimal(0)
    active: bool = False
    unpriced: bool = False


class ParticipantLimits:
    """Reads all engines, a crashed one as it was last seen. A pool counts with its last PnL while
    it has no engine, or one that has not seen its market yet: pools change hands, and deleted ones
    gained and lost, too. Who holds something in a pool that was never priced since the start is
    not judged until it is. What a drawdown is measured from is stored, so that a restart forgives
    none."""

    def __init__(
        self, pools: RunningPools, participants: ParticipantDirectory, clock: Clock
    ) -> None:
        self._pools, self._participants, self._clock = pools, participants, clock
        self._peaks: dict[ParticipantId, Decimal] | None = None
        self._risen: set[ParticipantId] = set()
        self._nets: dict[str, dict[ParticipantId, Decimal]] = {}
        self._deleted: dict[str, dict[ParticipantId, Decimal]] | None = None
        self._recovering = False

    @contextmanager
    def recovering(self) -> Iterator[None]:
        """Inside, pools get their engines back one by one, and no participant is judged: part of
        the PnL is a peak, or a drawdown, that never was."""
        self._recovering = True
        try:
            yield
        finally:
            self._recovering = False

    async def headroom(self, participant_id: ParticipantId) -> ParticipantHeadroom:
        """Raises NotFoundError."""
        participant = await self._participants.get(participant_id)
        peaks = await self._known_peaks()
        return self._judged(participant, (await self._held())[participant_id], peaks)

    async def step(self) -> None:
        """Suspend all participants beyond a limit. Raises StoreUnavailableError."""
        if self._recovering:
            return
        peaks = await self._known_peaks()
        at_work = {name: held for name, held in (await self._held()).items() if held.active}
        participants = await self._participants.some(at_work)
        for name, participant in participants.items():
            held = at_work[name]
            try:
                breach = self._judged(participant, held, peaks).breach
                if breach and participant.status is ParticipantStatus.ACTIVE:
                    suspend = ParticipantCommand.SUSPEND
                    await self._participants.command(SERVICE, name, suspend, breach)
            except (NotFoundError, IllegalTransitionError):
                # It was changed in between.
                continue
        await self._note(peaks)

    async def _known_peaks(self) -> dict[ParticipantId, Decimal]:
        if self._peaks is None:
            async with self._pools.store.reading() as unit:
                self._peaks = await unit.participants.peaks()
        return self._peaks

    async def _note(self, peaks: Mapping[ParticipantId, Decimal]) -> None:
        risen, now = {name: peaks[name] for name in sorted(self._risen)}, self._clock.now()
        if risen:
            await self._pools.store.commit(lambda unit: unit.participants.note_peaks(risen, now))
            self._risen.difference_update(risen)

    async def _held(self) -> defaultdict[ParticipantId, _Held]:
        held: defaultdict[ParticipantId, _Held] = defaultdict(_Held)
        deleted = await self._results_of_deleted()
        runners = self._pools.engine_host.runners()
        for runner in runners:
            self._add(held, runner)
            await asyncio.sleep(0)
        there = {runner.instrument.symbol for runner in runners}
        for symbol, nets in (deleted | self._nets).items():
            if symbol not in there:
                for name, net in nets.items():
                    held[name].net += net
        return held

    async def _results_of_deleted(self) -> dict[str, dict[ParticipantId, Decimal]]:
        """By symbol, what pools that were deleted before this start came to."""
        if self._deleted is None:
            async with self._pools.store.reading() as unit:
                self._deleted = {
                    symbol: await left_behind.results(unit, symbol)
                    for symbol in await left_behind.deleted(unit)
                }
        return self._deleted

    def _add(self, held: dict[ParticipantId, _Held], runner: RunningPool) -> None:
        snapshot, instrument = runner.snapshot(), runner.instrument
        _add_orders_and_positions(held, snapshot, instrument)
        nets = {each.participant_id: instrument.money(each.net) for each in snapshot.members}
        if snapshot.mid_x2:
            self._nets[instrument.symbol] = nets
        known = self._nets.get(instrument.symbol, {})
        for member in snapshot.members:
            mine, name = held[member.participant_id], member.participant_id
            mine.net += known.get(name, nets[name])
            mine.unpriced = mine.unpriced or bool(member.position and name not in known)

    def _judged(
        self, participant: Participant, held: _Held, peaks: dict[ParticipantId, Decimal]
    ) -> ParticipantHeadroom:
        name, margin = participant.participant_id, participant.initial_margin_usdt
        equity, best = margin + held.net, peaks.get(name, Decimal(0))
        if held.net > best and not self._recovering and not held.unpriced:
            peaks[name] = best = held.net
            self._risen.add(name)
        peak = margin + best
        drawdown = (peak - equity) / peak * WHOLE_PCT if peak > 0 else Decimal(0)
        most = participant.max_drawdown_pct
        said = f"{DRAWDOWN}: {drawdown.quantize(SHOWN)} of {most} per cent of the peak"
        return ParticipantHeadroom(
            participant_id=name,
            equity_usdt=equity,
            peak_usdt=peak,
            drawdown_pct=drawdown.quantize(SHOWN),
            max_drawdown_pct=most,
            drawdown_headroom_pct=(most - drawdown).quantize(SHOWN),
            position_usdt=held.position,
            worst_case_usdt=held.worst,
            initial_margin_usdt=margin,
            margin_headroom_usdt=margin - held.worst,
            breach=said if drawdown > most and not held.unpriced else "",
        )


def _add_orders_and_positions(
    held: dict[ParticipantId, _Held], snapshot: EngineSnapshot, instrument: Instrument
) -> None:
    working: defaultdict[ParticipantId, list[int]] = defaultdict(lambda: [0, 0])
    for order in snapshot.orders:
        working[order.member][order.side.sign < 0] += order.leaves
    for member in snapshot.members:
        mine, (bids, asks) = held[member.participant_id], working[member.participant_id]
        lots = member.position
        worst = max(abs(lots + bids), abs(lots - asks), abs(lots))
        mine.position += instrument.notional(snapshot.mid_x2, abs(lots)) / 2
        mine.worst += instrument.notional(snapshot.mid_x2, worst) / 2
        mine.active = mine.active or member.active
