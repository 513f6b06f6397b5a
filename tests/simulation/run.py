"""`python -m tests.simulation.run --seed N`: one simulated world, printed in full.

`--seeds M` runs M worlds from that seed on and prints only the sums. A failure names the seed
and the turn; the same command shows it again.
"""

import argparse
import sys
from collections import Counter

from market_maker.model.units import NANOS_PER_SECOND
from tests.simulation.oracles import BrokenRuleError
from tests.simulation.world import TURNS, World


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.run", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="which world")
    parser.add_argument("--seeds", type=int, default=1, help="how many worlds, from --seed on")
    parser.add_argument("--turns", type=int, default=TURNS, help="turns of trouble in each world")
    options = parser.parse_args(arguments)
    if options.seeds < 1 or options.turns < 1:
        parser.error("--seeds and --turns: whole numbers above 0")
    checks, heard, broken = Counter(), Counter(), []
    for seed in range(options.seed, options.seed + options.seeds):
        world = World(seed)
        try:
            world.run(options.turns)
        except BrokenRuleError as error:
            broken.append(f"seed {seed}, turn {len(world.journal.turns)}: {error}")
        except AssertionError as error:
            turn = len(world.journal.turns)
            broken.append(f"seed {seed}, turn {turn}: the engine's own assertion: {error!r}")
        checks += world.oracles.checks
        heard += world.oracles.truth.heard
    lines = report(options, checks, heard)
    if options.seeds == 1 and not broken:
        lines += told(world)
    lines += [f"BROKEN  {line}" for line in broken]
    lines.append(f"{options.seeds - len(broken)} of {options.seeds} worlds kept every rule")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if broken else 0


def report(options, checks, heard):
    """What happened and what was checked."""
    return [
        f"{options.seeds} worlds from seed {options.seed}, {options.turns} turns of trouble each",
        "",
        "heard",
        *(f"  {count:>10,}  {name}" for name, count in sorted(heard.items())),
        "",
        "checked",
        *(f"  {count:>10,}  {name}" for name, count in sorted(checks.items())),
        "",
    ]


def told(world):
    """What became of one world."""
    engine = world.engine.snapshot()
    span = (world.clock.now() - world.journal.turns[0].now) / NANOS_PER_SECOND
    return [
        f"simulated {span:.1f} s, {len(world.journal.turns)} turns",
        f"{engine.counters}",
        f"{world.faults}",
        f"trouble with the feed, chance at each step: {world.feed.strength}",
        *(f"  {m.participant_id}: {m.position} lots, net {m.net}" for m in engine.members),
        f"state hash {world.state_hash()}",
    ]


if __name__ == "__main__":
    sys.exit(main())
