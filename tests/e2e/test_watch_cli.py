"""`market_maker watch` beside a real service: live, old, live again, and ended by Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer
from urllib.parse import urlsplit

import pytest

from tests.e2e.running import Running
from tests.e2e.test_panel import POOL, quoting

pytestmark = pytest.mark.slow
COMMAND = str(Path(sys.executable).parent / "market_maker")
END_S = 120
SYMBOL = POOL["symbol"]


def watching(service, *arguments, **streams):
    """The command; killed if the test waits for a line that does not come."""
    token, port = service.token("viewer"), str(urlsplit(service.url).port)
    child = subprocess.Popen(
        [COMMAND, "watch", *arguments],
        # As docs/panel.md has it: found by the environment, without --url.
        env=os.environ | {"MM_TOKEN": token, "HTTP_PORT": port},  # noqa: TID251  for a child
        **streams,
    )
    ends = Timer(END_S, child.kill)
    ends.daemon = True
    ends.start()
    return child


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Running(tmp_path_factory.mktemp("watch")) as running:
        running.client.headers["Authorization"] = f"Bearer {running.token()}"
        quoting(running)
        yield running


def until(lines, pattern):
    """The first line that the pattern is found in."""
    return next(line for line in iter(lines.readline, "") if re.search(pattern, line))


def test_without_a_terminal_lines_say_when_data_are_old_and_when_they_are_live_again(service):
    with watching(service, stdout=subprocess.PIPE, text=True) as child:
        assert f"{SYMBOL}=ACTIVE" in until(child.stdout, "live")
        service.process.send_signal(signal.SIGSTOP)
        try:
            assert "connecting again" in until(child.stdout, "OLD DATA")
        finally:
            service.process.send_signal(signal.SIGCONT)
        assert f"{SYMBOL}=ACTIVE" in until(child.stdout, " live ")
        service.client.post(f"/v1/pools/{SYMBOL}/pause", json={"reason": "a test of watch"})
        assert "a test of watch" in until(child.stdout, f"{SYMBOL} is PAUSED")
        service.client.post(f"/v1/pools/{SYMBOL}/resume").raise_for_status()
        child.send_signal(signal.SIGINT)
        assert child.wait(END_S) == 0


def test_without_a_token_the_refusal_is_one_line(service):
    done = subprocess.run(
        [COMMAND, "watch", "--url", service.url],
        capture_output=True,
        text=True,
        timeout=END_S,
        check=False,
    )
    assert done.returncode == 2
    assert "401" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
