"""What readers of the live stream cost: `python -m bench stream`. A hundred pools quote on the
sandbox exchange in the service's own process; spans without and with fifty readers at 5 Hz take
turns, so that whatever else the machine does meets both alike.

Printed: the share of a core that the readers add (the service's processor time, the median of the
pairs), how many events and bytes they got, tick to order and its parts with and without them, the
ratio of its medians, and the budgets of panel.md 8: at most 20 % of a core, and tick to order not
moved. Readers are sockets in one process that counts bytes (bench.stream_readers): it costs next to
nothing, and none of it is in the time of the service. Ends with 1 where a budget is broken or a
reader got nothing.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp

from bench.service_load import quantile
from bench.service_process import Places, Service
from bench.service_set_up import quoting, say, set_up

READERS, HZ = 50, 5
CORE_SHARE_MAX = 0.20
RATIO_MAX = 1.10
"""Of the medians of tick to order: beyond it the readers moved it. A twentieth is noise."""
TIMED = {
    "arrival": "tick to order",
    "decision": "turn to order",
    "commits": "a commit of intents",
    "lag": "event-loop lag",
}
"""What is timed in the service, by its name there."""
WARM_UP_S = 5.0
SETTLE_S = 1.0
AFTER_S = 2
NANOS_PER_MS = 1e6


async def span(service: Service, seconds: float, readers: list[str]) -> dict[str, Any]:
    """One span; readers: the command that listens meanwhile, empty for none."""
    loop = asyncio.get_running_loop()
    process = None
    if readers:
        process = await asyncio.create_subprocess_exec(*readers, stdout=subprocess.PIPE)
        said = await process.stdout.readline()
        if said.strip() != b"listening":
            sys.exit("error: readers got no picture")
    service.begin()
    cpu, began = service.cpu(), loop.time()
    await asyncio.sleep(seconds)
    share = (service.cpu() - cpu) / (loop.time() - began)
    seen = service.seen()
    heard: dict[str, Any] = {}
    if process is not None:
        text, _ = await process.communicate()
        heard = json.loads(text)
    return {"share": share, "seen": seen, **heard}


async def measured(service: Service, options: argparse.Namespace) -> list[tuple[Any, Any]]:
    """Pairs of spans: without readers, with them."""
    limits = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(service.base, timeout=limits) as session:
        say(f"setting up {len(service.symbols)} pools")
        await set_up(session, service.symbols)
        await quoting(session)
    await asyncio.sleep(WARM_UP_S)
    # They read a little longer than is measured: what is printed per second is of their time.
    command = [sys.executable, "-m", "bench.stream_readers", service.base, "--hz", str(HZ)]
    command += ["--readers", str(options.readers), "--seconds", str(read_for(options))]
    pairs = []
    for number in range(1, options.rounds + 1):
        say(f"round {number} of {options.rounds}, {options.seconds:.0f} s without and with readers")
        alone = await span(service, options.seconds, [])
        await asyncio.sleep(SETTLE_S)
        read = await span(service, options.seconds, command)
        await asyncio.sleep(SETTLE_S)
        pairs.append((alone, read))
    return pairs


def read_for(options: argparse.Namespace) -> int:
    """Seconds that readers read."""
    return int(options.seconds) + AFTER_S


def summary(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    """The figures of all pairs. ratio: of the medians of tick to order, with over without."""
    without, with_ = (
        {what: [quantile(each["seen"][what], 0.5) for each in spans] for what in TIMED}
        for spans in zip(*pairs, strict=True)
    )
    return {
        "share": median(read["share"] - alone["share"] for alone, read in pairs),
        "alone": median(alone["share"] for alone, _ in pairs),
        "without_ms": {what: median(each) / NANOS_PER_MS for what, each in without.items()},
        "with_ms": {what: median(each) / NANOS_PER_MS for what, each in with_.items()},
        "ratio": median(b / a for a, b in zip(without["arrival"], with_["arrival"], strict=True)),
        "events": sum(read["events"] for _, read in pairs),
        "bytes": sum(read["bytes"] for _, read in pairs),
        "least": min(read["least"] for _, read in pairs),
    }


def show(found: dict[str, Any], options: argparse.Namespace) -> bool:
    """Print it; returns whether the budgets hold."""
    seconds = read_for(options) * options.rounds
    each = found["bytes"] / options.readers / seconds / 1e3
    rate = found["events"] / options.readers / seconds
    print(f"{options.symbols} pools, {options.readers} readers at {HZ} Hz")
    print(f"{options.places}, load {os.getloadavg()[0]:.1f}")
    print(f"service alone            {found['alone']:.1%} of a core")
    print(f"readers add              {found['share']:.1%} of a core (budget {CORE_SHARE_MAX:.0%})")
    print(
        f"a reader got             {each:.1f} kB/s, {rate:.1f} events a second, "
        f"the least {found['least']:.0f} events in a span"
    )
    for key, what in TIMED.items():
        without, with_ = found["without_ms"][key], found["with_ms"][key]
        print(f"{what:<24} p50 {without:.2f} ms without, {with_:.2f} ms with")
    print(f"ratio of tick to order   {found['ratio']:.3f} (budget {RATIO_MAX:.2f})")
    within = found["share"] <= CORE_SHARE_MAX and found["ratio"] <= RATIO_MAX
    return within and found["least"] > 0


def main(arguments: list[str]) -> int:
    """Measure, or be the readers of a measurement."""
    parser = argparse.ArgumentParser(prog="python -m bench stream", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of a span")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of spans")
    parser.add_argument("--symbols", type=int, default=100)
    parser.add_argument("--readers", type=int, default=READERS)
    options = parser.parse_args(arguments)
    places = Places.found()
    os.sched_setaffinity(0, places.others)
    options.places = places.words()
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), options.symbols, places, outside=False)
        try:
            pairs = asyncio.run(measured(service, options))
        finally:
            code = service.stop()
    within = show(summary(pairs), options)
    print(f"ended                    {'clean' if code == 0 else f'with {code}'}")
    return code or (0 if within else 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
