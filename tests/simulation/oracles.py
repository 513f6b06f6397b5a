"""The rules that hold after every turn, each with a name; a broken one says what broke it.

The names follow the invariants of the platform's reliability rules, groups A to D.
"""

from collections import Counter
from fractions import Fraction

from market_maker.model.actions import Cancel, Place, RecordFill, RecordState, Turn
from market_maker.model.events import Configured
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, RATE_SCALE, VALUE_SCALE
from tests.simulation.truth import Truth

CANCEL_PATIENCE = 3 * NANOS_PER_SECOND
"""How long an order that should go may wait for its next cancel: the venue's timeout, the
engine's own retry, and a turn."""


class BrokenRuleError(AssertionError):
    """A rule did not hold."""

    def __init__(self, rule, detail):
        super().__init__(f"{rule}: {detail}")
        self.rule = rule


class Oracles:
    """Watches one engine. checks: how often each rule was checked with something at stake."""

    def __init__(self, instrument, config):
        self.instrument = instrument
        self.truth = Truth(config)
        self.checks = Counter()
        self.state = PoolState.PAUSED
        self.sent_at = []
        self.should_go_since = {}

    def watch(self, turn: Turn, snapshot):
        """Check one turn. snapshot: the engine after it."""
        self.truth.hear(turn.now, turn.events)
        self._state(turn, snapshot)
        self._places(turn, snapshot)
        self._cancels(turn)
        self.truth.sent(turn)
        self._orders_known(snapshot)
        self._what_should_go(turn, snapshot)
        self._fills(turn, snapshot)
        self._money(snapshot)
        self.state = snapshot.state

    def expect(self, rule, holds, detail):
        """Count a check; raise if the rule does not hold."""
        self.checks[rule] += 1
        if not holds:
            raise BrokenRuleError(rule, detail)

    # Group A, the order gate.

    def _state(self, turn, snapshot):
        truth, state = self.truth, snapshot.state
        if not truth.ever_enabled:
            self.expect("STARTS_PAUSED", state is not PoolState.ACTIVE, state)
        if self.state is PoolState.HALTED and state is not PoolState.HALTED:
            resumed = Command.RESUME in truth.commands
            self.expect("HALTED_NEVER_AUTO_RESUMES", resumed, truth.commands)
        recorded = [a.state for a in turn.actions if isinstance(a, RecordState)]
        if state is not self.state:
            known = bool(recorded) and recorded[-1] is state
            self.expect("STATE_CHANGES_ARE_RECORDED", known, (self.state, state, recorded))
        self._unwinding(state)
        if truth.commands and truth.commands[-1] is Command.PAUSE:
            self.expect("STOP_COMMANDS_STOP", state is not PoolState.ACTIVE, state)
        if truth.commands and truth.commands[-1] is Command.HALT:
            self.expect("STOP_COMMANDS_STOP", state is PoolState.HALTED, state)

    def _unwinding(self, state):
        """Unwinding lasts until the next command that moves the pool, or until it stops."""
        truth = self.truth
        if truth.commands and state is PoolState.ACTIVE and self.state is PoolState.ACTIVE:
            truth.unwinding = truth.commands[-1] is Command.UNWIND
        elif state is not self.state:
            truth.unwinding = False

    def _places(self, turn, snapshot):
        places = [action for action in turn.actions if isinstance(action, Place)]
        sizes = Counter()
        added = []
        if places:
            self._mid(snapshot)
        for place in places:
            self._gate(place, snapshot)
            self._price(place)
            self._slot(place, added)
            self._room(place, added)
            added.append(place)
            if not place.reduce_only:
                sizes[place.side, place.level] += place.size
        for (side, level), lots in sizes.items():
            self._allocation(side, level, lots, added)
        self._rate(turn, places)

    def _mid(self, snapshot):
        """The mid that orders are judged at is of what others have in the book; where the turns
        leave it open, the engine's own within the bounds counts."""
        low, high = self.truth.mids_of_others_x2()
        mid_x2 = snapshot.mid_x2
        self.expect("MID_IS_OF_OTHERS", low <= mid_x2 <= high, (low, mid_x2, high))
        self.truth.mid_x2 = mid_x2

    def _gate(self, place, snapshot):
        truth = self.truth
        self.expect("NO_ORDER_UNLESS_ACTIVE", snapshot.state is PoolState.ACTIVE, snapshot.state)
        self.expect("NO_ORDER_WHEN_BLIND", truth.best is not None, place)
        self.expect("NO_ORDER_ON_HALTED_INSTRUMENT", not truth.halted, place)
        members = {m.participant_id for m in truth.config.members if m.active}
        self.expect("ONLY_ACTIVE_MEMBERS_TRADE", place.member in members, place)
        self.expect("ORDER_IDS_ARE_UNIQUE", place.order_id not in truth.orders, place)
        in_range = 0 <= place.level < truth.config.num_levels
        self.expect("LEVELS_AS_CONFIGURED", in_range, place)
        if place.reduce_only:
            self._reduces(place)
        else:
            self.expect("UNWIND_ONLY_REDUCES", not truth.unwinding, place)

    def _price(self, place):
        truth, instrument = self.truth, self.instrument
        bid, ask = truth.best
        passive = place.price < ask if place.side is Side.BUY else place.price > bid
        self.expect("POST_ONLY_NEVER_TAKES", passive, (place, bid, ask))
        collar = Fraction(truth.config.price_collar_bps) / 10_000
        distance = abs(Fraction(2 * place.price, truth.reference_x2()) - 1)
        self.expect("PRICE_COLLAR", distance <= collar, (place, float(distance)))
        value = instrument.notional(place.price, place.size)
        limit = truth.config.max_order_value_usdt or 2 * truth.config.order_size_usdt
        self.expect("MAX_ORDER_SIZE_VALUE", place.size > 0 and value <= limit, (place, value))
        if not place.reduce_only:
            self.expect("MIN_NOTIONAL", value >= instrument.min_notional, (place, value))

    def _reduces(self, place):
        """It is on the other side of its member's position, and with its like not beyond it.
        Ordinary orders whose cancels are on their way are the venue's to weigh: it is reduce-only
        that it cuts."""
        held = -place.side.sign * self.truth.positions[place.member]
        others = [o for o in self.truth.open_orders() if o.placed.reduce_only]
        mine = [o for o in others if o.placed.member == place.member]
        out = sum(o.leaves for o in mine if o.placed.side is place.side) + place.size
        self.expect("REDUCE_ONLY_REDUCES", out <= held, (place, held, out))

    def _slot(self, place, added):
        truth = self.truth
        slot = place.member, place.side, place.level
        taken = [order for order in truth.open_orders() if order.slot == slot]
        twice = [p for p in added if (p.member, p.side, p.level) == slot]
        self.expect("SLOT_EXCLUSIVE", not taken and not twice, (place, taken, twice))
        others = [o.placed for o in truth.open_orders() if o.placed.side is not place.side]
        others += [p for p in added if p.side is not place.side]
        sign = place.side.sign
        crossing = [p for p in others if (place.price - p.price) * sign >= 0]
        self.expect("NO_SELF_CROSS", not crossing, (place, crossing))

    def _room(self, place, added):
        truth, instrument = self.truth, self.instrument
        same = [p for p in added if p.side is place.side]
        sign = place.side.sign
        member = next(m for m in truth.config.members if m.participant_id == place.member)
        sized = [
            ("pool", sum(truth.positions.values()), None, truth.config.max_pool_position_usdt),
            (place.member, truth.positions[place.member], place.member, member.position_limit_usdt),
        ]
        for who, position, name, limit in sized:
            out = truth.working(place.side, name) + place.size
            out += sum(p.size for p in same if name in {None, p.member})
            worst = max(0, sign * position + out)
            fits = truth.value_of(worst, instrument) <= Fraction(limit)
            self.expect("WORST_CASE_POSITION", fits, (who, place, position, out, limit))

    def _allocation(self, side, level, lots, added):
        """A level never holds more than the pool's order, plus what rounding carried over."""
        truth, instrument = self.truth, self.instrument
        price = min(p.price for p in added if p.side is side and p.level == level)
        value = instrument.notional(price, 1)
        whole = int(truth.config.order_size_usdt / value)
        least = max(1, -int(-instrument.min_notional // value), instrument.limits.min_lots)
        carried = least * len(truth.config.members)
        fits = lots <= whole + carried
        self.expect("ALLOCATION_CONSERVES", fits, (side, level, lots, whole))

    def _rate(self, turn, places):
        rate = self.truth.config.max_messages_per_second
        if any(isinstance(event, Configured) for event in turn.events):
            self.sent_at.clear()
        self.sent_at += [turn.now] * len(places)
        self.sent_at = [at for at in self.sent_at if turn.now - at < NANOS_PER_SECOND]
        if places:
            # A full bucket, and what it earned within the second.
            self.expect("MESSAGE_RATE", len(self.sent_at) <= 2 * rate, len(self.sent_at))

    # Group B, cancels and orphans.

    def _cancels(self, turn):
        for action in turn.actions:
            if isinstance(action, Cancel):
                self.expect("CANCELS_ARE_OURS", action.order_id in self.truth.orders, action)

    def _orders_known(self, snapshot):
        proved = set(self.truth.open)
        shown = {order.order_id for order in snapshot.orders}
        self.expect("NO_UNTRACKED_ORDER", proved == shown, (proved ^ shown))
        unknown = {o.order_id for o in snapshot.orders if o.state == "UNKNOWN"}
        for order_id in unknown:
            silent = self.truth.orders[order_id].unanswered
            absent = not self.truth.orders[order_id].acknowledged
            self.expect("KNOWN_UNKNOWN", silent or absent, order_id)
        leaves = {order.order_id: order.leaves for order in snapshot.orders}
        wrong = {i: n for i, n in leaves.items() if n != self.truth.orders[i].leaves}
        self.expect("LEAVES_ARE_EXACT", not wrong, wrong)

    def _what_should_go(self, turn, snapshot):
        """STALE_STOPS and CANCEL_ALL: while we may not quote, every order is being cancelled."""
        why = None
        if snapshot.state is not PoolState.ACTIVE:
            why = "CANCEL_ALL_BOUNDED"
        elif self.truth.best is None:
            why = "STALE_STOPS"
        if why is None:
            self.should_go_since.clear()
            return
        for order in self.truth.open_orders():
            since = self.should_go_since.setdefault(order.placed.order_id, turn.now)
            asked = order.cancel_asked_at
            waited = turn.now - max(since, asked or 0)
            pending = asked is None and not order.acknowledged
            fine = waited <= CANCEL_PATIENCE and (asked is not None or pending)
            self.expect(why, fine, (order.placed, asked, waited))
        for side in (snapshot.bid, snapshot.ask):
            self.expect("EVERY_SILENCE_HAS_A_REASON", not side.reason.startswith("quoting"), side)

    # Group C, fills, positions, money.

    def _fills(self, turn, snapshot):
        recorded = [
            (a.order_id, a.trade_id, a.member, a.side, a.size, a.fee)
            for a in turn.actions
            if isinstance(a, RecordFill)
        ]
        heard = [
            (fill.order_id, fill.trade_id, placed.member, placed.side, fill.size, fill.fee)
            for fill, placed in self.truth.new_fills
        ]
        if heard or recorded:
            self.expect("FILLS_ONCE_WITH_THEIR_OWNER", recorded == heard, (recorded, heard))
        for member in snapshot.members:
            held = self.truth.positions[member.participant_id]
            same = member.position == held
            self.expect("POS_EQ_SUM_FILLS", same, (member, held))
        total = sum(member.position for member in snapshot.members)
        self.expect("POOL_IS_ITS_MEMBERS", snapshot.position == total, (snapshot.position, total))

    def _money(self, snapshot):
        truth, half = self.truth, VALUE_SCALE // 2
        mark_x2 = snapshot.mid_x2
        for member in snapshot.members:
            name = member.participant_id
            earned = truth.cash[name] + truth.positions[name] * mark_x2 * half
            told = member.realised + member.unrealised
            self.expect("PNL_IDENTITY", earned == told, (name, earned, told))
            self.expect("FEES_ARE_EXACT", member.fees == truth.fees[name], member)
            self.expect("FUNDING_IS_EXACT", member.funding == truth.funding[name], member)
        members = sum(m.realised + m.unrealised - m.fees + m.funding for m in snapshot.members)
        self.expect("POOL_PNL_IS_ITS_MEMBERS", snapshot.net == members, (snapshot.net, members))

    # At the end.

    def at_rest(self, positions, fees, open_orders):
        """What the venue says when all is quiet: positions and fees by member, open orders."""
        self.expect("NO_ORPHANS_AT_REST", not open_orders, open_orders)
        mine = [order.placed for order in self.truth.open_orders()]
        self.expect("NOTHING_LEFT_UNPROVED", not mine, mine)
        for member, lots in positions.items():
            same = lots == self.truth.positions[member]
            self.expect("RECON_EQ_VENUE", same, (member, lots, self.truth.positions[member]))
        for member, paid in fees.items():
            self.expect("FEES_EQ_VENUE", paid == self.truth.fees[member], (member, paid))


assert RATE_SCALE == VALUE_SCALE, "fees are price x size x rate, a Value"
