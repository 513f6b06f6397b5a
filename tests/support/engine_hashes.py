"""What an engine does in many seeded worlds, as hashes: `python -m tests.support.engine_hashes`.

Two builds of the engine are the same if they print the same.
"""

import hashlib
import json
import sys

import msgspec

from market_maker.engine import engine
from market_maker.engine.engine import Engine
from market_maker.model.events import Operated
from market_maker.model.lifecycle import Command
from market_maker.model.pool import PoolConfig
from tests.unit.engine.desk import INSTRUMENT, pool
from tests.unit.engine.test_decision_cache import FEATURES, TIGHT, Calm, news
from tests.unit.engine.test_everything_on import FAIR_PRICES, PARAMETERS, everything

TURNS = 400


def acted(config: PoolConfig, seed: int, trouble: float) -> tuple[str, int]:
    """A hash of all actions, reasons and prices in force, and how many actions there were."""
    seen, made, count = Engine(INSTRUMENT, config), hashlib.sha256(), 0
    world = Calm(seed, trouble)
    for number in range(TURNS):
        events = [*world.tick(), *news(world)]
        if number % 100 == 30:
            events.append(Operated(world.now, Command.ENABLE, "op", "start"))
            events.append(Operated(world.now, Command.RESUME, "op", "go on"))
        actions = seen.turn(world.now, events)
        count += len(actions)
        shown = (actions, seen.reconciler.reasons, seen.ladder.prices, repr(seen.market.fair))
        made.update(msgspec.json.encode(shown))
        world.venue.send(world.now, actions)
    made.update(msgspec.json.encode(seen.snapshot()))
    return made.hexdigest()[:16], count


def configurations() -> dict[str, PoolConfig]:
    """By what they try."""
    quiet = {name: pool(**{**TIGHT, **fields}) for name, fields in FEATURES.items()}
    measured = {
        f"{strategy}, {fair_price}": everything(strategy, fair_price, "estimated")
        for strategy in PARAMETERS
        for fair_price in FAIR_PRICES
    }
    return quiet | measured


def main(seeds: int) -> None:
    """Print where the engine was loaded from, and a hash and a count for every world."""
    worlds = {
        f"{name}, seed {seed}": acted(config, seed, (0.0, 0.1, 0.4)[seed % 3])
        for name, config in configurations().items()
        for seed in range(seeds)
    }
    print(json.dumps({"engine": engine.__file__, "worlds": worlds}))  # noqa: T201 - its output


if __name__ == "__main__":
    main(int(sys.argv[1]))
