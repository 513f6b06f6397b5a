"""What a venue takes of orders binds in the kernel as it does in the engine."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.model.actions import Place
from market_maker.model.instrument_limits import InstrumentLimits
from market_maker.model.quotes import Reason
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.replay import ReplayPlan, replay
from tests.builders import member
from tests.support.kernel_plans import differences
from tests.toy_market import toy_config, toy_recording

MEMBERS = (member("a", 60), member("b", 40))
SHARED = tuple(replace(each, account_id="one") for each in MEMBERS)


def plan_of(limits, **changes):
    recording = toy_recording(10)
    instrument = replace(recording.instrument, limits=limits)
    config = toy_config(fair_price="mid", **changes)
    return ReplayPlan(
        recording=replace(recording, instrument=instrument),
        config=config,
        exchange=ReplaySettings(),
        step_ns=100_000_000,
    )


def ran_in_both(plan):
    placed = []

    def note(_now, actions, *_more):
        placed.extend(action for action in actions if isinstance(action, Place))

    python = replay(plan, on_actions=note)
    compiled = replay(plan, engine=EngineChoice.COMPILED)
    assert compiled.ran_by.engine is EngineChoice.COMPILED, compiled.ran_by
    assert differences(python, compiled) == []
    return python, placed


def reasons_of(log):
    return {reason for pair in log.reasons for reason in pair}


@pytest.mark.parametrize("members", [(member("a", 100),), MEMBERS, SHARED])
@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (InstrumentLimits(max_lots=3_000), Reason.LARGEST_SIZE),
        (InstrumentLimits(max_notional=Decimal(300)), Reason.LARGEST_SIZE),
        (InstrumentLimits(min_lots=9_000), Reason.MIN_SIZE),
        (InstrumentLimits(band_up_rate=1, band_down_rate=1), Reason.PRICE_BAND),
        (InstrumentLimits(max_open_orders=1), Reason.OPEN_ORDERS),
        (InstrumentLimits(max_open_orders=3), Reason.OPEN_ORDERS),
    ],
)
def test_a_limit_of_the_venue_binds_in_both(limits, reason, members):
    params = {"min_depth_bps": 0.5, "max_depth_bps": 10, "sizes": "linear"}
    plan = plan_of(limits, strategy="ladder", strategy_params=params, num_levels=3, members=members)
    log, placed = ran_in_both(plan)
    assert reason in reasons_of(log)
    most = limits.max_lots or 3_050
    if reason is Reason.LARGEST_SIZE:
        assert placed
        assert all(order.size <= most for order in placed)
    assert all(order.size >= limits.min_lots for order in placed)
    if reason is Reason.PRICE_BAND:
        assert placed == []
