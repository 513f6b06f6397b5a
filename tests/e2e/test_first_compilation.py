"""What happens in a fresh installation when two replays start at once."""

import os
import subprocess
import sys

import pytest

PROCESSES = 2
SCRIPT = (
    "import market_maker.research\n"
    "from market_maker.replay_venue import compiled, kernels\n"
    "compiled.make_ready(kernels.__package__)\n"
    "print('ok')"
)


@pytest.mark.slow
def test_processes_that_compile_at_the_same_moment_do_not_spoil_each_others_cache(tmp_path):
    environment = {
        "NUMBA_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    told = [process.communicate(timeout=300) for process in started]
    assert [out.strip() for out, _ in told] == ["ok"] * PROCESSES, told
