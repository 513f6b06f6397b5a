"""The arrays behind the decision kernel, and how an engine's state moves into them and back.

What the kernel asks for (a sample of realised volatility, a target, a split) the engine's own
objects work out: they are given what they read, and what they found is copied back.
"""
# ruff: noqa: SLF001  the state of an engine moves as a whole

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_maker.decision_kernel import decision_layout as layouts
from market_maker.decision_kernel.codes import code_of
from market_maker.decision_kernel.compiled_strategies import compiled_strategy
from market_maker.decision_kernel.estimate_layout import SMART_TERMS
from market_maker.decision_kernel.estimate_state import estimates_of
from market_maker.decision_kernel.scope import MONEY_MAX
from market_maker.engine.allocation import FEW_MAX, CreditAllocator
from market_maker.engine.engine import Engine
from market_maker.engine.ladder import Ladder
from market_maker.engine.orders import slot_of
from market_maker.engine.terms import lean_bound
from market_maker.estimators.fair_price import STATES
from market_maker.estimators.volatility import EwmaVolatility
from market_maker.model.events import BookSnapshot, BookTop
from market_maker.model.quotes import Clamp, Reason
from market_maker.model.units import Lots, Nanos, ParticipantId
from market_maker.quoting.smart import SmartTerms
from market_maker.quoting.view import View
from market_maker.replay_venue.recorded_trades import RecordedTrades
from market_maker.replay_venue.wide_integers import put_wide
from market_maker.risk.order_limits import OrderLimits

LOG_FIRST = 4_096
"""Entries of the log to begin with; it grows when one step has more."""

_SPLIT_MAX = 2**58
"""Lots of an order times the denominator of the weights; eight members owe as much each."""

_CLAMPS = (Clamp.INSIDE, Clamp.FLOOR, Clamp.CEILING)
MONEY = ("cost", "cash", "realised", "fees", "funding")
_BUDGET = ("cost", "credit", "earned_at", "reserve")
EWMA = ("count", "due", "half_life", "price", "sigma", "total", "ts", "weight")
_UPTIME = ("active_ns", "two_sided_ns", "since", "active", "two_sided")
_TARGET = ("shift_bps", "spread_bps", "threshold_bps", "per_bid", "per_ask")
_LEARNT = ("state", "sign", "mid2", "count", "until_refit", "ready")
_LIMITS = (
    *("position_value", "rejects", "blind_ns", "drawdown", "fills", "fill_window_ns"),
    "reduce_at",
)
_ORDER_LIMITS = OrderLimits.__struct_fields__


def _address(array: NDArray[Any]) -> int:
    return array.ctypes.data


def _copy(names: Sequence[str], source: Any, record: Any) -> None:
    for name in names:
        record[name] = getattr(source, name)


class DecisionState:
    """Of a fresh engine that was enabled. address: of the root, as long as this object lives.
    moments: the steps that the kernel is to make. shown: a top with the levels that the venue
    shows behind it."""

    def __init__(
        self,
        engine: Engine,
        moments: NDArray[np.int64],
        entry_ns: int,
        maker_rate: int,
        trades: RecordedTrades | None = None,
        *,
        shown: Callable[[BookTop], BookTop | BookSnapshot],
    ) -> None:
        self.engine, self.moments, self._shown = engine, moments, shown
        self.estimates, self.asked = estimates_of(engine, trades)
        members, levels = len(engine.accounts.quoting), len(engine.terms.shape.sizes)
        self.members, self.levels, self.slot_count = members, levels, members * 2 * levels
        self._root = np.zeros(1, layouts.DECISION)
        self._single = {
            name: np.zeros(1, dtype)
            for name, dtype in (
                ("pool", layouts.POSITION),
                ("market", layouts.MARKET),
                ("microprice", layouts.MICROPRICE),
                ("volatility", layouts.EWMA),
                ("long_run", layouts.EWMA),
                ("limits", layouts.LIMITS),
                ("readings", layouts.READINGS),
                ("budget", layouts.BUDGET),
                ("uptime", layouts.UPTIME),
                ("target", layouts.TARGET),
                ("strategy", layouts.STRATEGY),
                ("seen", layouts.VIEW),
                ("lot_market", layouts.LOT_MARKET),
                ("smart", SMART_TERMS),
            )
        }
        self.accounts = np.zeros(members, layouts.POSITION)
        self.slots = np.zeros(self.slot_count, layouts.SLOT)
        self.shares = np.zeros(2 * levels, layouts.SHARE)
        self.bounds = np.zeros((2 * levels, members + 1), np.int64)
        self.parts = np.zeros((2 * levels, members), np.int64)
        self.opened = np.zeros(self.slot_count, np.int64)
        self._wanted = np.zeros(self.slot_count, np.int64)
        self._make_tables()
        self.fill_times = np.zeros(max(2 * engine.terms.guard_limits.fills, 1), np.int64)
        self.log = np.zeros(LOG_FIRST, layouts.LOG)
        self.clamps = np.zeros(len(moments), np.uint8)
        self.reasons = np.zeros((2, len(moments)), np.uint8)
        self._wire()
        self._configure(entry_ns, maker_rate)
        self.address = _address(self._root)

    def _make_tables(self) -> None:
        """Of the levels, of the splits and of the microprice."""
        members, levels = self.members, self.levels
        self.prices = np.zeros((2, levels), np.int64)
        self.values = np.zeros((2, levels), np.int64)
        self.offsets = np.array(self.engine.terms.shape.offsets_bps, np.float64)
        self._weights = np.zeros(members, np.int64)
        self._by_name = np.zeros(members, np.int64)
        self._scratch = np.zeros(4 * members, np.int64)
        self.credits = np.zeros((2 * levels, members), np.int64)
        self._tables = (
            np.zeros((STATES, STATES)),
            np.zeros((STATES, STATES)),
            np.zeros((STATES, 2)),
        )
        self._adjustment = np.zeros(STATES)

    def part(self, name: str) -> Any:
        """The record of a part of which there is one."""
        return self._single[name][0]

    @property
    def root(self) -> Any:
        """The root record."""
        return self._root[0]

    @property
    def cursor(self) -> int:
        """Steps done."""
        return int(self._root["cursor"][0])

    def _wire(self) -> None:
        root = self.root
        for name, array in self._single.items():
            root[name] = _address(array)
        for name, array in (
            ("account", self.accounts),
            ("slot", self.slots),
            ("open", self.opened),
            ("wanted", self._wanted),
            ("share", self.shares),
            ("bounds", self.bounds),
            ("parts", self.parts),
            ("bids", self.prices[0]),
            ("asks", self.prices[1]),
            ("values", self.values),
            ("offsets", self.offsets),
            ("weights", self._weights),
            ("by_name", self._by_name),
            ("scratch", self._scratch),
            ("credits", self.credits),
            ("fill_times", self.fill_times),
            ("log", self.log),
            ("moments", self.moments),
            ("clamps", self.clamps),
            ("bid_reasons", self.reasons[0]),
            ("ask_reasons", self.reasons[1]),
        ):
            root[name] = _address(array)
        own = self.part("microprice")
        for name, table in zip(("quiet", "moved", "drift"), self._tables, strict=True):
            own[name] = _address(table)
        own["adjustment"] = _address(self._adjustment)
        if self.estimates is not None:
            root["estimating"] = 1
            for name, address in self.estimates.addresses.items():
                root[name] = address
        root["members"], root["levels"], root["slots"] = self.members, self.levels, self.slot_count
        root["log_capacity"], root["moment_count"] = len(self.log), len(self.moments)

    def _configure(self, entry_ns: int, maker_rate: int) -> None:
        engine, root = self.engine, self.root
        terms = engine.terms
        root["interval_ns"], root["react"] = terms.interval_ns, engine.config.react
        root["entry_ns"], root["maker_rate"] = entry_ns, maker_rate
        put_wide(root, "money_max", MONEY_MAX)
        root["alone"] = engine.reconciler._shares._alone
        root["own_room_value"] = root["room_value"] = terms.room_value
        root["limit_reason"] = code_of(Reason.POSITION_LIMIT)
        root["next_order_id"] = engine.reconciler.next_order_id
        root["next_quote_at"] = engine._next_quote_at
        root["bid_reason"], root["ask_reason"] = map(code_of, engine.reconciler.reasons)
        limits, target = self.part("limits"), self.part("target")
        _copy(_LIMITS, terms.guard_limits, limits)
        put_wide(limits, "loss_value", terms.guard_limits.loss_value)
        if terms.guard_limits.drawdown:  # without it capital may be beyond two words
            put_wide(limits, "capital", terms.guard_limits.capital)
        _copy(_ORDER_LIMITS, terms.order_limits, limits)
        _copy(_BUDGET, engine._budget, self.part("budget"))
        _copy(_UPTIME, engine.quoter.uptime, self.part("uptime"))
        target["samples"] = -1
        self._configure_strategy()
        self._configure_market()
        self._configure_split()
        names = [account.venue_account for account in engine.accounts.quoting]
        for index, account in enumerate(engine.accounts.quoting):
            own = self.accounts[index]
            own["venue_account"] = names.index(names[index])
            own["position_value"] = account.position_value
            put_wide(own, "loss_value", account.loss_value)
        for index, slot in enumerate(self.slots):
            slot["account"], place = divmod(index, 2 * self.levels)
            slot["side"], slot["level"] = divmod(place, self.levels)

    def _configure_market(self) -> None:
        engine, market, record = self.engine, self.engine.market, self.part("market")
        assert market.blind is not None, "a fresh engine has seen nothing"
        record["blind"], record["blind_since"] = code_of(market.blind), market.blind_since
        record["stale_ns"], record["warmup"] = engine.terms.stale_ns, market._warmup
        record["unready"] = code_of(market.unready)
        record["weighted"] = engine.config.fair_price == "weighted_mid"
        ewma = isinstance(market.volatility, EwmaVolatility)
        record["ewma"] = ewma and self.asked is None
        _copy(_LEARNT, market.microprice, self.part("microprice"))
        self.part("microprice")["used"] = engine.config.fair_price == "microprice"
        if isinstance(market.volatility, EwmaVolatility):
            _copy(EWMA, market.volatility, self.part("volatility"))
            _copy(EWMA, market._long_run, self.part("long_run"))

    def _configure_split(self) -> None:
        """Where every product of a split stays within 64 bits: a price is a tick at least."""
        own, root, terms = self.allocator(), self.root, self.engine.terms
        limits = terms.order_limits
        least = max(limits.value_min, limits.lots_min)
        most = int(2 * terms.size_value * max(terms.shape.sizes)) + least
        if self.members > FEW_MAX or most * own.denominator >= _SPLIT_MAX:
            return
        root["few"], root["denominator"] = 1, own.denominator
        self._weights[:] = own.shares
        names = [account.member.participant_id for account in self.engine.accounts.quoting]
        self._by_name[:] = [names.index(name) for name in own.names]

    def allocator(self) -> CreditAllocator[ParticipantId]:
        """A fresh one of a place."""
        return CreditAllocator(self.engine.terms.weights)

    def _configure_strategy(self) -> None:
        engine, record, view = self.engine, self.part("strategy"), self.part("seen")
        config, terms = engine.config, engine.terms
        compiled = compiled_strategy(config)
        if compiled is None:
            return
        record["kind"], own = compiled
        bound = lean_bound(engine.instrument, config)
        self._sizes = np.array(terms.shape.sizes, np.float64)
        scaled = self.part("smart")
        scaled["size_value"], scaled["sizes"] = terms.size_value, _address(self._sizes)
        _copy(own.__struct_fields__, own, scaled if isinstance(own, SmartTerms) else record)
        _copy(bound.__struct_fields__, bound, record)
        record["threshold_bps"] = terms.threshold_bps
        record["position_value"] = terms.position_value
        view["delta_hat"], view["gamma_scale"] = terms.delta_hat, 1.0
        # Smart quotes alone scale sizes, with their first target too; those of others stay.
        ladder = Ladder()
        ladder.aim(terms.strategy(View(0.0, 1.0, 1.0, terms.delta_hat)), terms)
        self.values[:] = ladder.size_values

    def grow_log(self) -> None:
        """Room for one step that has more to say; what is there stays."""
        self.log = np.concatenate([self.log, np.zeros_like(self.log)])
        self.root["log"], self.root["log_capacity"] = _address(self.log), len(self.log)

    def take_log(self) -> list[Any]:
        """What was put down since the last call, each as the list of its fields."""
        entries: list[Any] = self.take_entries().tolist()
        return entries

    def take_entries(self) -> NDArray[np.int64]:
        """The same as a table, a column for each field."""
        count = int(self.root["log_count"])
        self.root["log_count"] = 0
        table = self.log[:count].view(np.int64)
        return table.reshape(count, len(layouts.LOG.names or ())).copy()

    # what the kernel asks for

    def now(self) -> Nanos:
        """The moment of the step that the kernel stands in."""
        return Nanos(int(self.moments[self.cursor]))

    def fit(self) -> None:
        """A refit by the engine's own microprice."""
        own, record = self.engine.market.microprice, self.part("microprice")
        self.give_microprice()
        own.refit()
        _copy(_LEARNT, own, record)
        for table, kept in zip(self._tables, own.tables, strict=True):
            table[:] = kept
        self._adjustment[:] = own.adjustment

    def give_microprice(self) -> None:
        """The engine's own microprice has counted what the kernel counted."""
        own, record = self.engine.market.microprice, self.part("microprice")
        for name in _LEARNT:
            setattr(own, name, record[name].item())
        own.ready = bool(record["ready"])
        for table, kept in zip(self._tables, own.tables, strict=True):
            kept[:] = table.tolist()

    def sample(self) -> None:
        """A sample by the engine's own volatility and, where they are asked for, estimates."""
        market, record = self.engine.market, self.part("market")
        market.mid_x2, market._fair_at = int(record["mid_x2"]), Nanos(int(record["fair_at"]))
        mid_before = int(record["mid_before_x2"]) * 0.5
        if self.asked is None:
            market.sample_volatility(self.now(), mid_before)
        else:
            self.asked.sample(self.now(), mid_before, self.received())
        record["sample_due"], record["warm"] = market._sample_due, market.warm
        record["unready"] = code_of(market.unready)
        record["sigma"], record["sigma_ref"] = market.sigma, market.sigma_ref

    def line(self) -> None:
        """A line through arrivals by the engine's own calibration."""
        assert self.estimates is not None
        self.estimates.line()

    def received(self) -> BookTop | BookSnapshot:
        """The book as it was received last."""
        record = self.part("market")
        names = ("ts_event", "ts_recv", "bid", "bid_lots", "ask", "ask_lots")
        top = BookTop(*(int(record[name]) for name in names))  # type: ignore[arg-type]
        return self._shown(top)

    def target(self) -> None:
        """What the strategy wants, by the engine's own quoter."""
        engine, record = self.engine, self.part("market")
        market, pool, ladder = engine.market, engine.accounts.pool, engine.ladder
        pool.lots = Lots(int(self.part("pool")["lots"]))
        market.samples_taken, market.valued_x2 = int(record["samples"]), int(record["valued_x2"])
        market.sigma, market.sigma_ref = float(record["sigma"]), float(record["sigma_ref"])
        if self.estimates is not None and self.asked is None:
            assert market.estimates is not None
            market.estimates.seen = self.estimates.seen()
        self.take_uptime()
        engine.quoter.refresh(self.now())
        target = self.part("target")
        _copy(_TARGET, ladder, target)
        target["clamp"] = _CLAMPS.index(ladder.clamp)
        target["silent_bid"], target["silent_ask"] = ladder.silent
        target["samples"], target["lots"] = market.samples_taken, pool.lots
        self.values[:] = ladder.size_values

    def split(self) -> None:
        """The splits that were asked for, by the engine's own shares."""
        shares = self.engine.reconciler._shares
        for place in np.flatnonzero(self.shares["pending"]).tolist():
            side, level = divmod(place, self.levels)
            bounds, least = self.bounds[place].tolist(), int(self.shares["least"][place])
            self.parts[place] = shares._sizes(bounds, slot_of(0, side, level), least)

    def take_uptime(self) -> None:
        """The engine's own uptime is what the kernel counted."""
        uptime, record = self.engine.quoter.uptime, self.part("uptime")
        uptime.active_ns = int(record["active_ns"])
        uptime.two_sided_ns = int(record["two_sided_ns"])
        uptime.since = Nanos(int(record["since"]))
        uptime.active, uptime.two_sided = bool(record["active"]), bool(record["two_sided"])
