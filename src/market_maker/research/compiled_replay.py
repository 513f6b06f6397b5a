"""A replay whose decisions are made in the compiled kernel, with the same log at the end.

The kernel makes the steps; what it put down becomes the very events and actions of the engine's
turns. Where it stops before the end, because a guard objects or a number grew too large, the engine
goes on from there.
"""
# ruff: noqa: SLF001  a turn that the kernel began is ended by the engine

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np

from market_maker.decision_kernel import decision_layout as layouts
from market_maker.decision_kernel.codes import REASONS
from market_maker.decision_kernel.decision_state import DecisionState
from market_maker.decision_kernel.hand_over import hand_over
from market_maker.decision_kernel.scope import why_not_compiled
from market_maker.decision_kernel.stepping import make_steps
from market_maker.engine.engine import Engine
from market_maker.model.actions import Action, Cancel, Place, record_of
from market_maker.model.events import Filled, RejectReason
from market_maker.model.orders import SIDES
from market_maker.model.quotes import Reason
from market_maker.model.units import NANOS_PER_SECOND, Nanos, OrderId
from market_maker.replay_venue import replay_layout
from market_maker.replay_venue.recorded_exchange import RecordedExchange
from market_maker.research.order_log import OrderLog

HALTED, GREW = "a guard halts the pool", "a position or money grew too large"


Progress = Callable[[Nanos], None]


class KernelRun(Protocol):
    """The run whose steps the kernel makes: what it needs of it."""

    plan: Any
    exchange: RecordedExchange
    engine: Engine
    orders: OrderLog
    turn_ts: list[Nanos]
    clamp: list[int]
    reasons: Counter[tuple[Reason, Reason]]

    def seal_turn(self, now: Nanos, actions: Sequence[Action]) -> None: ...

    def end_turn(self, now: Nanos, actions: Sequence[Action]) -> None: ...


def compile_steps(
    owner: KernelRun, moments: list[Nanos], progress: Progress | None
) -> tuple[int, str, bool]:
    """Let the kernel make the steps: how many are done, why not all of them, and whether it was
    the kernel at all."""
    ladder, settings = owner.exchange.windows[0], owner.plan.exchange
    highest = ladder.low + ladder.width
    trades = owner.exchange.trades(0)
    why = why_not_compiled(owner.engine, highest, settings.maker_rate, trades)
    if why is not None:
        return 0, why, False
    run = CompiledRun(owner, moments, highest)
    done = run.go(progress)
    if run.stopped is None:
        return done, "", True
    at_s = (moments[done - 1] - owner.exchange.start) / NANOS_PER_SECOND
    return done, f"after {at_s:.1f} s the engine went on: {run.stopped}", True


class CompiledRun:
    """Steps of `run`, whose engine was enabled and has taken its first turn. stopped: why the
    kernel ended before the last step, or None."""

    def __init__(self, owner: KernelRun, moments: list[Nanos], highest: int) -> None:
        self._owner, settings = owner, owner.plan.exchange
        self._moments = np.array(moments, dtype=np.int64)
        self._state = DecisionState(
            owner.engine,
            self._moments,
            settings.entry_latency_ns,
            settings.maker_rate,
            owner.exchange.trades(0),
            shown=partial(owner.exchange.received, 0),
        )
        self._state.root["highest"] = highest
        self._places = [  # by slot
            (account.member, side, level)
            for account in owner.engine.accounts.quoting
            for side in SIDES
            for level in range(self._state.levels)
        ]
        self._open: tuple[Nanos, list[Action]] | None = None
        self.stopped: str | None = None

    def go(self, progress: Progress | None = None) -> int:
        """Make steps; the number of those that are done, the last one perhaps by the engine."""
        state = self._state

        def empty_log() -> None:
            self._take_log()
            if progress is not None:
                progress(state.now())

        came = make_steps(self._owner.exchange.state, 0, state, empty_log)
        self._take_log()
        done = state.cursor
        self._close_turn(done)
        if came == layouts.HALTS:
            self.stopped = HALTED
        elif came == layouts.TOO_LARGE:
            self.stopped = GREW
        self._note_steps(done)
        hand_over(state, self._owner.orders.placed)
        if came == layouts.HALTS:
            self._end_step(self._moments[done].item())
            done += 1
        return done

    def _take_log(self) -> None:
        """Entries become events and actions, turn by turn."""
        for entry in self._state.take_log():
            now = Nanos(entry[0])
            if self._open is None or self._open[0] != now:
                if self._open is not None:
                    self._owner.seal_turn(*self._open)
                self._open = (now, [])
            action = self._taken(entry)
            if action is not None:
                self._open[1].append(action)

    def _close_turn(self, done: int) -> None:
        """The last turn that was put down is whole, unless the kernel stopped within it."""
        if self._open is None:
            return
        if done < len(self._moments) and self._open[0] == self._moments[done]:
            return
        self._owner.seal_turn(*self._open)
        self._open = None

    def _taken(self, entry: list[Any]) -> Action | None:
        """An entry, in the order of a LogRecord's fields; None where the engine asks nothing."""
        kind, answer, order_id, ts = entry[1:5]
        if kind == layouts.CANCELLED:
            return Cancel(OrderId(order_id))
        if kind == layouts.PLACED:
            return self._place(entry)
        orders = self._owner.orders
        if answer == replay_layout.ACCEPTED:
            orders.accepted(order_id, ts)
        elif answer == replay_layout.CANCELED:
            orders.canceled(order_id, ts)
        elif answer == replay_layout.FILLED:
            return self._filled(entry)
        elif answer == replay_layout.REJECTED:
            orders.rejects[RejectReason.POST_ONLY] += 1
        else:
            orders.cancels_refused += 1
        return None

    def _filled(self, entry: list[Any]) -> Action | None:
        _, _, answer, order_id, ts, slot, price, lots, trade_id, venue_mid, mid, _ = entry
        owner = self._owner
        order = owner.orders.placed[order_id]
        side = SIDES.index(order.side)
        event = owner.exchange.event_of(
            0, [0, answer, order_id, ts, side, price, lots, trade_id, venue_mid]
        )
        owner.orders.note(event)
        if slot < 0 or not isinstance(event, Filled):
            return None
        identity = (order.client_order_id, order.account_id)
        return record_of(event, (order.member, order.side, order.level, *identity), mid)

    def _place(self, entry: list[Any]) -> Place:
        now, _, _, order_id, _, slot, price, lots, _, _, _, reduces = entry
        member, side, level = self._places[slot]
        name = self._owner.engine.names.next(now, member.participant_id, side, level)
        order = Place(
            order_id,
            member.participant_id,
            side,
            level,
            price,
            lots,
            bool(reduces),
            name,
            member.account_id,
            member.user_id,
        )
        self._owner.orders.placed[order_id] = order
        return order

    def _note_steps(self, done: int) -> None:
        """Clamps and reasons of the steps that the kernel made."""
        owner, state = self._owner, self._state
        owner.turn_ts.extend(self._moments[:done].tolist())
        owner.clamp.extend(state.clamps[:done].tolist())
        codes = state.reasons[0, :done].astype(np.int64) * len(REASONS) + state.reasons[1, :done]
        found, first, counts = np.unique(codes, return_index=True, return_counts=True)
        for at in np.argsort(first).tolist():
            bid, ask = divmod(int(found[at]), len(REASONS))
            owner.reasons[REASONS[bid], REASONS[ask]] += int(counts[at])

    def _end_step(self, now: Nanos) -> None:
        """The engine ends the step that the kernel began."""
        engine = self._owner.engine
        engine.tally.turns += 1
        engine._actions = [] if self._open is None else self._open[1]
        self._open = None
        engine._decide(now)
        self._owner.end_turn(now, engine._actions)
