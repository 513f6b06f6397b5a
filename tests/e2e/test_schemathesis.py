"""Schemathesis against the running service: every check that it has, by the API's own
description."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.running import Running
from tests.examples import examples

HERE = Path(__file__).parent
EXAMPLES = examples(25)
SEED = "20260401"
LASTS_S = 600


@pytest.mark.slow
def test_schemathesis_finds_no_5xx_no_undocumented_answer_and_no_accepted_nonsense(tmp_path):
    with Running(tmp_path) as service:
        found = subprocess.run(
            [
                str(Path(sys.executable).parent / "schemathesis"),
                "--config-file",
                str(HERE / "schemathesis.toml"),
                "run",
                f"{service.url}/openapi.json",
                f"--max-examples={EXAMPLES}",
                f"--seed={SEED}",
            ],
            cwd=tmp_path,
            env=os.environ  # noqa: TID251  for a child
            | {
                "MM_DATA_DIR": str(service.data_dir),
                "PYTHONPATH": str(HERE.parents[1]),
                "SCHEMATHESIS_HOOKS": "tests.e2e.schemathesis_hooks",
            },
            capture_output=True,
            text=True,
            timeout=LASTS_S,
            check=False,
        )
        assert found.returncode == 0, found.stdout[-20_000:] + found.stderr[-2_000:]
        for phase in ("Coverage", "Fuzzing", "Stateful"):
            assert f"✅ {phase}" in found.stdout
        assert service.call("GET", "/health/ready").status_code == 200
    log = service.log.read_text()
    assert "Traceback" not in log
    assert service.process.returncode == 0
