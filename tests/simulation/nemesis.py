"""What goes wrong in a simulated world, beyond the faults the sandbox has of its own.

Every seed draws which kinds of trouble it has and how strong they are.
"""

from decimal import Decimal
from random import Random

import msgspec

from market_maker.model.errors import InvalidFieldError
from market_maker.model.events import (
    BookDelta,
    BookLost,
    BookSnapshot,
    Configured,
    Filled,
    FundingPaid,
    MarkPrice,
    Operated,
    Trade,
)
from market_maker.model.lifecycle import Command
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos, Ticks
from market_maker.sandbox.faults import Faults
from market_maker.sandbox.latency import Latency
from market_maker.sandbox.parameters import TraderParameters

MARKET_DATA = (BookSnapshot, BookDelta, Trade)


def swarm(rng: Random) -> Faults:
    """The sandbox's own faults: each kind is there in half of all seeds, at its own strength."""

    def strength(most):
        return rng.random() * most if rng.random() < 0.5 else 0.0

    return Faults(
        lose_request=strength(0.03),
        lose_reply=strength(0.06),
        lose_fill=strength(0.2),
        duplicate_fill=strength(0.3),
        late_fill=strength(0.3),
        lose_delta=strength(0.02),
        reject=strength(0.05),
        halt=strength(0.03),
        late_ns=Nanos(rng.randint(1, 4_000) * NANOS_PER_MS),
        halt_ns=Nanos(rng.randint(1, 6_000) * NANOS_PER_MS),
    )


def weather(rng: Random) -> TraderParameters:
    """A calm market, or one with wild volatility, jumps and a thin book."""
    return TraderParameters(
        sigma_calm_bps=rng.choice((10.0, 35.0, 300.0)),
        jumps_per_hour=rng.choice((4.0, 400.0)),
        jump_bps=rng.choice((6.0, 60.0)),
        depth_accounts=rng.choice((2, 6)),
        depth_orders=rng.choice((3, 30)),
        noise_orders_per_s=rng.choice((0.5, 2.0, 8.0)),
    )


def distance(rng: Random) -> Latency:
    """Next door, or far away over a bad line."""
    far = rng.choice((1, 1, 40))
    return Latency(
        entry=Nanos(4 * far * NANOS_PER_MS),
        entry_jitter=Nanos(2 * far * NANOS_PER_MS),
        response=Nanos(4 * far * NANOS_PER_MS),
        response_jitter=Nanos(2 * far * NANOS_PER_MS),
        feed=Nanos(3 * far * NANOS_PER_MS),
        feed_jitter=Nanos(2 * far * NANOS_PER_MS),
    )


class TroubledFeed:
    """Market data of a venue, with silences, losses and crossed books. The orders' events pass, and
    some fills come again later: our venues count an execution once, but the engine does not rely
    on it.

    echo: the chance that decides which. calm: nothing is done any more.
    """

    def __init__(self, venue, rng: Random, echo: Random):
        self._venue, self._rng, self._echo = venue, rng, echo
        self._repeats = echo.choice((0.0, 0.3))
        self._again = []
        self._deaf_until = 0
        self._seq = 0
        self._asked = None
        self.strength = {
            name: rng.random() * most if rng.random() < 0.5 else 0.0
            for name, most in (
                ("silence", 0.004),
                ("lost", 0.004),
                ("crossed", 0.004),
                ("mark", 0.1),
            )
        }
        self.calm = False
        self.mid = Ticks(0)

    def request_snapshot(self, now):
        self._venue.request_snapshot(now)

    def poll(self, now):
        events = self._venue.poll(now)
        if self.calm:
            return events
        if self._happens("silence"):
            # Longer than the staleness threshold, now and then longer than the patience.
            self._deaf_until = now + self._rng.choice((1, 3, 9)) * NANOS_PER_SECOND
        heard = [e for e in events if now >= self._deaf_until or not isinstance(e, MARKET_DATA)]
        for event in heard:
            if isinstance(event, BookSnapshot) and event.bids and event.asks:
                self._seq, self.mid = event.seq, Ticks((event.bids[0][0] + event.asks[0][0]) // 2)
            elif isinstance(event, BookDelta):
                self._seq = event.last_seq
        return heard + self._trouble(now) + self._echoes(heard)

    def _echoes(self, heard):
        """Fills of earlier polls, once more."""
        due = [fill for fill in self._again if self._echo.random() < 0.3]
        self._again = [fill for fill in self._again if fill not in due]
        fills = [event for event in heard if isinstance(event, Filled)]
        self._again += [fill for fill in fills if self._echo.random() < self._repeats]
        return due

    def _trouble(self, now):
        events = []
        if self._happens("lost"):
            events.append(BookLost(now, "the simulation lost it"))
        if self.mid and self._happens("crossed"):
            bids, asks = ((Ticks(self.mid + 40), 5),), ((Ticks(self.mid - 40), 5),)
            events.append(BookSnapshot(now, now, self._seq, bids, asks))
        if self.mid and self._happens("mark"):
            events.append(MarkPrice(now, now, Ticks(self.mid + self._rng.randint(-300, 300))))
        return events

    def _happens(self, kind):
        return self._rng.random() < self.strength[kind]


class People:
    """Operators, who come at random, and changes of the configuration."""

    COMMANDS = (
        Command.PAUSE,
        Command.HALT,
        Command.ENABLE,
        Command.UNWIND,
        Command.UNWIND,
        Command.RESUME,
        Command.RESUME,
        Command.RESUME,
    )

    def __init__(self, config, rng: Random):
        self._rng = rng
        self.config = config
        self.commands_per_turn = rng.choice((0.0, 0.002, 0.01))
        self.changes_per_turn = rng.choice((0.0, 0.002, 0.006))
        self.fundings_per_turn = rng.choice((0.0, 0.001))
        self._resume_at = None

    def act(self, now, state, mid):
        """What they ask of the engine now. A stopped pool is always brought back."""
        rng, events = self._rng, []
        if rng.random() < self.commands_per_turn:
            command = rng.choice(self.COMMANDS)
            events.append(Operated(now, command, "operator", "as they please"))
        if state != "ACTIVE" and rng.random() < 0.01:
            events.append(Operated(now, Command.RESUME, "operator", "back to work"))
        if rng.random() < self.changes_per_turn:
            self.config = self._changed()
            events.append(Configured(now, self.config))
        if mid and rng.random() < self.fundings_per_turn:
            events.append(FundingPaid(now, now, rng.randint(-20_000, 20_000), mid))
        return events

    def _changed(self):
        """A valid configuration near the one in force; drawn again until it is."""
        while True:
            try:
                return msgspec.structs.replace(
                    self.config, version=self.config.version + 1, **self._change()
                )
            except InvalidFieldError:
                continue

    def _change(self):
        rng = self._rng
        if self.config.estimators == "all" and rng.random() < 0.5:
            return self._terms()
        return rng.choice(
            (
                {"num_levels": rng.randint(1, 4)},
                {"order_size_usdt": Decimal(rng.randint(500, 6_000))},
                {"max_pool_position_usdt": Decimal(rng.randint(6_000, 60_000))},
                {"price_collar_bps": Decimal(rng.choice(("0.5", "3", "500")))},
                {"max_order_value_usdt": Decimal(rng.choice((0, 1_000, 3_000)))},
                {"staleness_threshold_ms": Decimal(rng.choice((150, 500, 2_000)))},
                {"max_messages_per_second": rng.choice((2, 10, 100))},
                {"price_threshold_bps": Decimal(rng.choice(("0", "0.2", "5")))},
                {"gamma": Decimal(rng.choice(("0.01", "0.1", "1")))},
                {"members": self._members()},
            )
        )

    def _terms(self):
        """Estimates in other quotes than before; asked for only where there are any."""
        rng = self._rng
        return {
            "use_kappa": rng.choice(("configured", "estimated", "estimated_only")),
            "use_impact": rng.random() < 0.5,
            "use_cascade": rng.random() < 0.5,
            "fair_price": rng.choice(("mid", "microprice", "regression", "kalman")),
            "vol_lookback_seconds": rng.choice((10, 300)),
        }

    def _members(self):
        """The same people: other weights, other limits, some of them resting."""
        rng, left, members = self._rng, 100, []
        for member in self.config.members:
            weight = rng.randint(1, max(1, left - 10))
            left -= weight
            members.append(
                msgspec.structs.replace(
                    member,
                    capital_weight_pct=Decimal(weight),
                    position_limit_usdt=Decimal(rng.randint(1_000, 6_000)),
                    active=rng.random() < 0.8,
                )
            )
        return tuple(members)
