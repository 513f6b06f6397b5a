"""The runbook of docs/hyperliquid-operations.md, executed as it stands against the emulator."""

import re
import sys
from pathlib import Path

import pytest

from tests.e2e.runbook import Shell, carry_out, steps_of
from tests.e2e.test_hyperliquid_dead_man import AGENT, MAKER, Emulator
from tests.servers import free_port

DOCUMENT = (Path(__file__).parents[2] / "docs" / "hyperliquid-operations.md").read_text("utf-8")
SECTIONS = (
    "System overview", "Pre-flight checklist", "Installation and set-up", "Configuration",
    "Operating it", "Builders' dexes (HIP-3)", "Monitoring and alerting", "Risk",
    "Troubleshooting", "Emergencies", "Maintenance",
)  # fmt: skip


def test_every_section_of_the_procedure_is_there_in_its_order():
    found = re.findall(r"^## (\d+)\. (.+)$", DOCUMENT, re.MULTILINE)
    assert found[:11] == [(str(number), name) for number, name in enumerate(SECTIONS, 1)]
    assert found[11][1] == "Architecture, 13. Modules, 14. Quick reference"


@pytest.mark.slow
def test_every_command_of_the_runbook_answers_what_the_document_says(tmp_path):
    port = free_port()
    with Emulator(tmp_path) as venue:
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HYPERLIQUID_NETWORK": venue.url,
            "HYPERLIQUID_PRIVATE_KEY": MAKER,
            "HYPERLIQUID_STATE_DIR": str(tmp_path / "state"),
            "HYPERLIQUID_METRICS_PORT": str(port),
            "HYPERLIQUID_MIN_TRADES": "0",
            "WATCHDOG_HYPERLIQUID_KEY": AGENT,
        }
        shell = Shell(environment, tmp_path, {"localhost:9090": f"localhost:{port}"})
        try:
            for step in steps_of(DOCUMENT):
                try:
                    carry_out(shell, step)
                except AssertionError as error:
                    pytest.fail(
                        f"docs/hyperliquid-operations.md, {error}\n{shell.errors()[-3000:]}"
                    )
        finally:
            shell.close()
        assert venue.open_count() == 0
