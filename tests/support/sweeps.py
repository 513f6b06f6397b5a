"""Runs of a sweep without a replay: what configurations earned, written down."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.replay import with_in_house_member
from market_maker.research.shared_terms import SharedTerms
from market_maker.research.sweep_folder import SweepRun
from market_maker.research.sweep_plan import SweepMethod, SweepPlan, SweepRecording, SweepScore
from market_maker.research.sweep_space import dimensions, grid
from tests.toy_market import toy_config

CELLS = 60


def made_plan(over, *, recordings=1, splits=1, rungs=1, score=SweepScore.NET_PNL):
    """A plan of a grid."""
    config = with_in_house_member(toy_config())
    space = dimensions(over)
    return SweepPlan(
        recordings=tuple(
            SweepRecording(f"toy{place}.mmrec", "0" * 32, 3_600, config)
            for place in range(recordings)
        ),
        leads=(None,) * recordings,
        space=space,
        method=SweepMethod.GRID if rungs == 1 else SweepMethod.HALVING,
        points=tuple(grid(space)),
        segments=splits,
        rungs=rungs,
        score=score,
        terms=SharedTerms(exchange=ReplaySettings(), step_ns=None, seed=1),
    )


def made_run(number, stretch, pnl, traded=100.0):
    """A run that earned `pnl`, cell by cell."""
    return SweepRun(
        configuration=number,
        stretch=stretch,
        net_pnl=str(sum(map(Decimal, map(str, pnl)), Decimal(0))),
        turnover=str(Decimal(str(traded)) * len(pnl)),
        fills=len(pnl),
        orders=2 * len(pnl),
        seconds=float(60 * len(pnl)),
        uptime=0.5,
        mean_spread_bps=4.0,
        max_drawdown=1.0,
        state="ACTIVE",
        state_hash="0" * 64,
        cell_seconds=60,
        pnl=tuple(map(float, pnl)),
        traded=(traded,) * len(pnl),
        engine="python",
        engine_reason="",
    )


def made_runs(plan, earned):
    """All runs of a plan without halving; earned: (configuration, stretch) -> PnL by cell."""
    return {
        (number, stretch): made_run(number, stretch, earned(number, stretch))
        for number in range(plan.configurations)
        for stretch in plan.rung(plan.rungs - 1)
    }


@dataclass
class Market:
    """What all configurations meet, by stretch; and what each has above it."""

    seed: int
    lead: dict

    def __call__(self, number, stretch):
        chance = np.random.default_rng([self.seed, stretch.recording, stretch.segment])
        common = np.round(chance.normal(size=CELLS, scale=20), 6)
        return (common + self.lead.get((number, stretch.segment), 0.0)).tolist()


def leads(plan, by_number):
    return {
        (number, segment): lead
        for number, lead in by_number.items()
        for segment in range(plan.segments)
    }
