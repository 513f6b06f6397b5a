"""What goes wrong in a drill of the Hyperliquid venue, and what is promised while it does.

STORM has everything at once, and promises only the end. The others have one trouble each, and say
how soon a fill is known and an order in doubt is settled under it: a part that does not work can
hide behind another one that is slower.
"""

from random import Random

from msgspec import Struct

from market_maker.emulators.hyperliquid.faults import VenueFaults
from market_maker.emulators.hyperliquid.limits import VenueLimits

DELAY_MS_MAX = 300
"""Of an answer: news on the socket overtakes it."""

FAULTS = ("drop_answer", "busy", "reset", "duplicate_fill", "late_fill", "lose_fill")
MOST = {"drop_answer": 0.2, "busy": 0.2, "reset": 0.1}


class Scenario(Struct, frozen=True):
    """faults: None are a storm by the seed. orders: how many. busyness: chance of an order in a
    turn; cancels: of a cancel. lots: of each. away: steps from the best price. fills_within_s,
    doubt_within_s: promised; 0 promises nothing."""

    name: str
    faults: VenueFaults | None = None
    orders: int = 40
    busyness: float = 0.3
    cancels: float = 0.1
    lots: int = 200
    away: tuple[int, ...] = (0, 0, 0, 1, 5)
    limits: VenueLimits = VenueLimits()
    fills_within_s: float = 0
    doubt_within_s: float = 0

    def trouble(self, rng: Random) -> VenueFaults:
        """What goes wrong with this seed."""
        if self.faults is not None:
            return self.faults
        chances = {name: rng.random() * MOST.get(name, 0.4) for name in FAULTS}
        if rng.random() < 0.5:
            chances["too_many"] = rng.random() * 0.1
        return VenueFaults(**chances, delay_ms=rng.randint(0, DELAY_MS_MAX))


STORM = Scenario("everything at once")
CALM = Scenario(
    "nothing goes wrong", VenueFaults(), busyness=0.05, fills_within_s=1, doubt_within_s=3
)
UNTOLD_FILLS = Scenario(
    "no fill is streamed",
    VenueFaults(lose_fill=1.0),
    busyness=0.02,
    cancels=0.0,
    fills_within_s=26,
)
LOST_ANSWERS = Scenario(
    "answers and updates are lost",
    VenueFaults(drop_answer=0.5, lose_update=1.0),
    busyness=0.03,
    cancels=0.0,
    doubt_within_s=6,
)
LATE_ACTIONS = Scenario(
    "actions arrive late", VenueFaults(late_action=0.3), busyness=0.1, doubt_within_s=9
)
FEW_ACTIONS = Scenario(
    "an account with few actions",
    VenueFaults(),
    orders=150,
    busyness=0.1,
    lots=11,
    away=(50,),
    limits=VenueLimits(free_actions=120),
)
SCENARIOS = (STORM, CALM, UNTOLD_FILLS, LOST_ANSWERS, LATE_ACTIONS, FEW_ACTIONS)
