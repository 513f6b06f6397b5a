"""A whole exchange on virtual time: a heap of (time, number) and what happens then.

Nothing happens but in `SandboxMarket.advance`, and the same seed and the same calls give the same
events. A venue adapter subscribes, places and cancels, advances to its clock's now and drains.
"""

import hashlib
import heapq
from collections.abc import Callable, Sequence
from random import Random

import msgspec

from market_maker.model.actions import Place
from market_maker.model.errors import InvalidFieldError
from market_maker.model.events import (
    BookDelta,
    Event,
    FundingPaid,
    InstrumentStatus,
    RejectReason,
    Trade,
)
from market_maker.model.instrument import FeeSchedule, Instrument
from market_maker.model.orders import Side
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import (
    NANOS_PER_MS,
    NANOS_PER_SECOND,
    Lots,
    Nanos,
    OrderId,
    ParticipantId,
    Ticks,
    Value,
)
from market_maker.sandbox.connections import (
    AccountLine,
    Subscription,
    VenueFill,
    event_of,
    trade_event,
    venue_fill,
)
from market_maker.sandbox.faults import NO_FAULTS, Dice, Faults
from market_maker.sandbox.feed import DeltaGatherer
from market_maker.sandbox.fundamental import Fundamental
from market_maker.sandbox.funding import FundingPlan
from market_maker.sandbox.latency import Channel, Latency
from market_maker.sandbox.matching import Matching
from market_maker.sandbox.order_rules import refused, why_not_taken
from market_maker.sandbox.parameters import TraderParameters
from market_maker.sandbox.reports import (
    CancelOrder,
    Carries,
    CountedLevel,
    Heard,
    MatchOutcome,
    NewOrder,
    OpenOrder,
    OrderFilled,
    OrderKind,
    OrderRequest,
    Report,
)
from market_maker.sandbox.traders import (
    TRADER_MARK,
    PriceStep,
    Scene,
    Trader,
    depth_providers,
    every_tick,
    takers_and_noise,
)

DELTA_INTERVAL = Nanos(100 * NANOS_PER_MS)
"""How often the venue publishes what changed, as Binance's depth@100ms."""

DEFAULT_LATENCY, DEFAULT_TRADERS = Latency(), TraderParameters()


class SandboxMarket:
    """One symbol, its traders, and our accounts on it.

    Each member of ours trades under an account of its own, by its participant id; an order id is
    unique among an account's open orders. Moments given to it never go back. `faults` and limits of
    `instrument` may be exchanged at any time. Orders arrive after the entry latency, reports come
    back after the response latency, market data after the feed latency; nothing overtakes unless a
    fault makes it.
    Raises InvalidFieldError for an account with a trader's name. first_trade_id: for an exchange
    that starts again, so that trade ids grow. delta_interval: how often it publishes what changed.
    funding: None where nothing is paid. step: of its traders' prices. `heard`, `carries`: for a
    server that is the venue itself. fills_kept_for: None bounds an account's fills by number only.
    Floats move the traders: equal seeds are equal markets on machines with equal mathematics
    libraries.
    """

    def __init__(
        self,
        instrument: Instrument,
        fees: FeeSchedule,
        *,
        seed: int,
        start: Nanos,
        latency: Latency = DEFAULT_LATENCY,
        parameters: TraderParameters = DEFAULT_TRADERS,
        faults: Faults = NO_FAULTS,
        first_trade_id: int = 1,
        delta_interval: Nanos = DELTA_INTERVAL,
        funding: FundingPlan | None = None,
        step: PriceStep = every_tick,
        heard: Heard | None = None,
        fills_kept_for: Nanos | None = None,
        carries: Carries | None = None,
    ) -> None:
        self.instrument = instrument
        self._step, self._heard, self._fills_kept_for = step, heard, fills_kept_for
        self.faults = faults
        self._latency = latency
        self._delta_interval = delta_interval
        self._now, self._scheduled = start, 0
        self._agenda: list[tuple[Nanos, int, Callable[..., None], tuple[object, ...]]] = []
        self._halted = False
        self._subscriptions: list[Subscription] = []
        self._lines: dict[str, AccountLine] = {}
        self._matching = Matching(instrument, fees, first_trade_id, carries)
        self._gatherer = DeltaGatherer()
        # One stream of chance for each concern: what one draws moves no other.
        self._ways = Random(f"{seed}/latency")
        self._dice = Dice(Random(f"{seed}/faults"))
        self._open(parameters, Random(f"{seed}/traders"))
        if funding is not None:
            self._schedule(funding.after(start), self._fund, funding)

    def endow(self, account: ParticipantId, lots: Lots) -> None:
        """Add to an account's position what it is known to hold: an exchange that starts again has
        forgotten it."""
        self._line(account)
        self._matching.endow(account, lots)

    # what we ask of it

    def subscribe(self, now: Nanos, accounts: Sequence[ParticipantId] = ()) -> Subscription:
        """Market data from now on, beginning with a snapshot, and the private events of
        `accounts`, which leave the subscription that had them before."""
        latency = self._latency
        subscription = Subscription(
            entry=Channel(latency.entry, latency.entry_jitter, self._ways),
            feed=Channel(latency.feed, latency.feed_jitter, self._ways),
        )
        self._subscriptions.append(subscription)
        for account in accounts:
            self.route(account, subscription)
        self.request_snapshot(now, subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Nothing more is sent to it; its accounts' events go nowhere until they are routed."""
        self._subscriptions.remove(subscription)
        for line in self._lines.values():
            if line.subscription is subscription:
                line.subscription = None

    def route(self, account: ParticipantId, subscription: Subscription) -> None:
        """Private events of `account` go to `subscription` from now on."""
        self._line(account).subscription = subscription

    def request_snapshot(self, now: Nanos, subscription: Subscription) -> None:
        """Ask for a snapshot, which comes with the market data. InstrumentStatus comes with it
        while the instrument is halted."""
        self._schedule(subscription.entry.arrival(self._checked(now)), self._snap, subscription)

    def place(self, now: Nanos, account: ParticipantId, order: Place) -> None:
        """Send a post-only order; Accepted or Rejected comes back, and then what becomes of it."""
        new = NewOrder(**shared_fields(NewOrder, order), account=account, kind=OrderKind.POST_ONLY)
        self._send(now, new)

    def cancel(self, now: Nanos, account: ParticipantId, order_id: OrderId) -> None:
        """Send a cancel; Canceled or CancelRejected comes back."""
        self._send(now, CancelOrder(account, order_id))

    def execute(self, now: Nanos, request: OrderRequest) -> MatchOutcome:
        """Do what `request` asks at once, also in a halt: the caller is the venue."""
        self.advance(now)
        return self._apply(request)

    def advance(self, until: Nanos) -> None:
        """Let everything happen up to and including `until`."""
        agenda = self._agenda
        self._checked(until)
        while agenda[0][0] <= until:
            self._now, _, happen, what = heapq.heappop(agenda)
            happen(*what)
        self._now = until

    def pass_over(self, span: Nanos) -> None:
        """Time goes on by `span` and nothing happens in it: the machine slept, or its clock was
        set. Whatever was to happen comes so much later."""
        self._now = Nanos(self._now + span)
        # Adding the same to every moment keeps the heap's order.
        self._agenda = [(Nanos(due + span), n, act, what) for due, n, act, what in self._agenda]

    def set_halted(self, halted: bool) -> None:
        """Halt the instrument or open it again. While it is halted new orders are refused, our
        cancels go through, and the traders do nothing."""
        if halted != self._halted:
            self._halted = halted
            self._publish(InstrumentStatus(self._now, halted))

    # the venue's truth

    @property
    def now(self) -> Nanos:
        """How far it has come."""
        return self._now

    @property
    def next_at(self) -> Nanos:
        """When something happens next, `now` at the earliest, if nothing is asked before."""
        return self._agenda[0][0]

    def best(self, side: Side) -> Ticks | None:
        return self._matching.best(side)

    def levels(self, side: Side, most: int) -> tuple[CountedLevel, ...]:
        """At most `most` levels of `side`, the best first."""
        return self._matching.levels(side, most)

    def open_orders(self, account: ParticipantId) -> tuple[OpenOrder, ...]:
        """Orders on the book, the oldest first."""
        return self._matching.open_orders(account)

    def position(self, account: ParticipantId) -> Lots:
        """Signed lots."""
        return self._matching.position(account)

    def fees(self, account: ParticipantId) -> Value:
        """Fees paid so far."""
        return self._matching.fees(account)

    def fills(self, account: ParticipantId) -> tuple[VenueFill, ...]:
        """The latest fills, at most connections.FILLS_KEPT of them, the oldest first."""
        line = self._lines.get(account)
        return tuple(line.fills) if line else ()

    def state_hash(self) -> str:
        """32 hex digits: of the matching state, the time, and how much has happened."""
        state = (self._matching.state_hash(), self._now, self._scheduled, self._halted)
        return hashlib.blake2b(repr(state).encode(), digest_size=16).hexdigest()

    # what happens

    def _open(self, parameters: TraderParameters, rng: Random) -> None:
        instrument = self.instrument
        ticks = parameters.start_price / float(instrument.tick_size)
        self._fundamental = Fundamental(parameters, ticks, self._now, rng)
        providers = depth_providers(instrument, parameters, rng, self._step)
        # The book is full before the first subscriber.
        for _ in range(parameters.depth_orders):
            for provider in providers:
                self._act(provider)
        self._flush()
        others = takers_and_noise(instrument, parameters, rng, self._step)
        for trader in (*providers, *others):
            self._sleep(trader)
        self._schedule(Nanos(self._now + self._delta_interval), self._publish_book)
        self._schedule(Nanos(self._now + NANOS_PER_SECOND), self._tempt_fate)

    def _wake(self, trader: Trader) -> None:
        if not self._halted:
            self._act(trader)
        self._sleep(trader)

    def _act(self, trader: Trader) -> None:
        scene = Scene(self._matching, self._now, *self._fundamental.at(self._now))
        for request in trader.act(scene):
            self._apply(request)

    def _sleep(self, trader: Trader) -> None:
        self._schedule(Nanos(self._now + trader.wait()), self._wake, trader)

    def _publish_book(self) -> None:
        self._flush()
        self._schedule(Nanos(self._now + self._delta_interval), self._publish_book)

    def _tempt_fate(self) -> None:
        if not self._halted and self._dice.fall(self.faults.halt):
            self.set_halted(True)
            self._schedule(Nanos(self._now + self.faults.halt_ns), self.set_halted, False)
        self._schedule(Nanos(self._now + NANOS_PER_SECOND), self._tempt_fate)

    def _fund(self, plan: FundingPlan) -> None:
        bid, ask = self._matching.best(Side.BUY), self._matching.best(Side.SELL)
        if bid is not None and ask is not None:
            price = Ticks((bid + ask) // 2)
            self._publish(FundingPaid(self._now, self._now, plan.rate_at(self._now), price))
        self._schedule(plan.after(self._now), self._fund, plan)

    def _snap(self, subscription: Subscription) -> None:
        self._flush()
        if self._halted:
            self._tell(subscription, InstrumentStatus(self._now, halted=True))
        self._tell(subscription, self._gatherer.snapshot(self._now, self._matching))

    def _arrive(self, request: OrderRequest) -> None:
        if isinstance(request, NewOrder) and (reason := self._why_not(request)) is not None:
            self._handle(refused(request, reason))
        else:
            self._apply(request)

    def _why_not(self, new: NewOrder) -> RejectReason | None:
        if self._halted:
            return RejectReason.PAUSED
        if self._dice.fall(self.faults.reject):
            return RejectReason.OTHER
        return why_not_taken(new, self.instrument, self._matching)

    def _apply(self, request: OrderRequest) -> MatchOutcome:
        outcome = self._matching.apply(request)
        self._handle(outcome)
        return outcome

    def _handle(self, outcome: MatchOutcome) -> None:
        self._gatherer.gather(outcome)
        if self._heard is not None:
            self._heard(self._now, outcome)
        for trade in outcome.trades:
            self._publish(trade_event(trade, self._now))
        for report in outcome.reports:
            line = self._lines.get(report.account)
            if line is not None:
                self._report(line, report)

    # ways in and out

    def _line(self, account: str) -> AccountLine:
        line = self._lines.get(account)
        if line is None:
            if account.startswith(TRADER_MARK):
                allowed = f"a name that does not begin with {TRADER_MARK}"
                raise InvalidFieldError("participant_id", account, allowed)
            latency = self._latency
            line = self._lines[account] = AccountLine(
                entry=Channel(latency.entry, latency.entry_jitter, self._ways),
                response=Channel(latency.response, latency.response_jitter, self._ways),
                fills_kept_for=self._fills_kept_for,
            )
        return line

    def _send(self, now: Nanos, request: OrderRequest) -> None:
        arrival = self._line(request.account).entry.arrival(self._checked(now))
        if not self._dice.fall(self.faults.lose_request):
            self._schedule(arrival, self._arrive, request)

    def _report(self, line: AccountLine, report: Report) -> None:
        if isinstance(report, OrderFilled):
            line.note(venue_fill(report, self._now))
            self._report_fill(line, report)
        elif not self._dice.fall(self.faults.lose_reply):
            self._answer(line, report, line.response.arrival(self._now))

    def _report_fill(self, line: AccountLine, fill: OrderFilled) -> None:
        faults, dice = self.faults, self._dice
        if dice.fall(faults.lose_fill):
            return
        if dice.fall(faults.late_fill):
            due = Nanos(self._now + self._latency.response + dice.delay(faults.late_ns))
        else:
            due = line.response.arrival(self._now)
        self._answer(line, fill, due)
        if dice.fall(faults.duplicate_fill):
            self._answer(line, fill, Nanos(due + dice.delay(faults.late_ns)))

    def _answer(self, line: AccountLine, report: Report, due: Nanos) -> None:
        if line.subscription is not None:
            event = event_of(report, self._now, due)
            self._schedule(due, line.subscription.receive, event)

    def _flush(self) -> None:
        delta = self._gatherer.delta(self._now)
        if delta is not None:
            self._publish(delta)

    def _publish(self, event: BookDelta | Trade | InstrumentStatus | FundingPaid) -> None:
        lose = self.faults.lose_delta if isinstance(event, BookDelta) else 0.0
        for subscription in self._subscriptions:
            if not self._dice.fall(lose):
                self._tell(subscription, event)

    def _tell(self, subscription: Subscription, event: Event) -> None:
        due = subscription.feed.arrival(self._now)
        self._schedule(due, subscription.receive, msgspec.structs.replace(event, ts_recv=due))

    def _schedule(self, due: Nanos, happen: Callable[..., None], *what: object) -> None:
        self._scheduled += 1
        heapq.heappush(self._agenda, (due, self._scheduled, happen, what))

    def _checked(self, now: Nanos) -> Nanos:
        assert now >= self._now, f"time goes back from {self._now} to {now}"
        return now
