"""The sweep of bench/sweep.py in hftbacktest, in as many processes as it is given.

python -m bench.peer_sweep RECORDING JOBS STEPS < [[gamma, min_spread_bps], ...]; prints one line of
JSON. Each process compiles the strategy once, because hftbacktest cannot cache it; its values are
arguments, so that it is not compiled for each.
"""

import json
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.strategy import SIGMA_REF

_tables: list[Any] = []


def begin(path: str) -> None:
    from bench.peer import events_of  # noqa: PLC0415  in the worker, whose time counts
    from market_maker.storage.recording import read_recording  # noqa: PLC0415

    _tables.append(events_of(read_recording(Path(path))))


def run_one(gamma: float, min_spread: float, steps: int) -> dict[str, Any]:
    from hftbacktest import ROIVectorMarketDepthBacktest  # noqa: PLC0415

    from bench.peer import assets_of  # noqa: PLC0415
    from bench.peer_kernels import trade  # noqa: PLC0415

    hbt = ROIVectorMarketDepthBacktest(assets_of(_tables, partial_fills=False))
    submits, cancels, done, code = trade(hbt, steps, gamma / SIGMA_REF, min_spread)
    state = hbt.state_values(0)
    outcome = {"submits": submits, "cancels": cancels, "done": done, "code": code}
    outcome |= {"fills": int(state.num_trades), "balance": float(state.balance)}
    hbt.close()
    return outcome


def main() -> None:
    path, jobs, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    points = json.loads(sys.stdin.read(1 << 20))
    with ProcessPoolExecutor(jobs, get_context("spawn"), begin, (path,)) as pool:
        futures = [pool.submit(run_one, *point, steps) for point in points]
        outcomes = [future.result() for future in futures]
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        json.dumps(
            {
                "mib": children.ru_maxrss / 1_024,
                "runs": len(outcomes),
                "fills": sum(each["fills"] for each in outcomes),
                "failed": sum(each["code"] != 0 for each in outcomes),
            }
        )
    )


if __name__ == "__main__":
    main()
