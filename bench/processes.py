"""Processes of ours on loopback, for benches that kill them."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

RUN = "from market_maker.cli.main import main; main()"


def ask(url: str, method: str = "GET", body: dict[str, Any] | None = None) -> Any:
    """The answer of one of them."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310  our own processes on loopback
        url, data, {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.loads(answer.read())


class Process:
    """`market_maker ARGUMENTS`, with its log in a file. said: the first line that it printed."""

    def __init__(self, log: Path, *arguments: str, **variables: str) -> None:
        self._log = log.open("ab")
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", RUN, *arguments],
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        assert self.said, log.read_text()[-1_000:]

    @property
    def url(self) -> str:
        return "http://" + self.said.partition("http://")[2].split()[0]

    def end(self) -> None:
        if self._log.closed:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.communicate()
        self._log.close()
