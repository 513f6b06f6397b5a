"""The service as operators run it: a process of its own, spoken to over HTTP on loopback."""

import json
import os
import re
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import httpx

from market_maker.api.bearer import Grant, signed
from market_maker.api.keys import development_key
from market_maker.clocks import WallClock
from market_maker.model.caller import Role

SERVES = re.compile(r"market_maker serves at (http://\S+)")
START_S = 60
STOP_S = 60
CALL_S = 60
LOG_SHOWN = 4_000


def stopping_at(log: Path) -> str:
    """When a service last said that it stops, as its log has it: no order is decided after that."""
    said = map(json.loads, log.read_text("utf-8").splitlines())
    return [line["ts"] for line in said if line["event"] == "stopping"][-1]


class Running:
    """`market_maker serve` on ports that the system chose. url: where. log: what it said."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.data_dir, self.log = folder / "data", folder / "service.log"
        self._environment = environment

    def __enter__(self):
        settings = {"HTTP_PORT": "any", "METRICS_PORT": "any", "MM_DATA_DIR": str(self.data_dir)}
        self._log = self.log.open("wb")
        self.process = subprocess.Popen(
            [str(Path(sys.executable).parent / "market_maker"), "serve"],
            env=os.environ | settings | self._environment,  # noqa: TID251  for a child
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        line = self.process.stdout.readline()
        found = SERVES.search(line)
        assert found, line + self.log.read_text()
        self.url = found[1]
        self.client = httpx.Client(base_url=self.url, timeout=CALL_S)
        return self

    def __exit__(self, failure, *_):
        if failure is not None:
            # Shown with what failed: why it is so stands there.
            sys.stdout.write(self.log.read_text("utf-8", "replace")[-LOG_SHOWN:])
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(STOP_S)
        self.process.stdout.close()
        self._log.close()

    def token(self, *roles: str) -> str:
        """A new one, so that its rate limits are its own."""
        return self.token_of("e2e", *roles)

    def token_of(self, subject: str, *roles: str) -> str:
        """Somebody's."""
        granted = tuple(Role(role) for role in roles) or tuple(Role)
        grant = Grant(subject=subject, roles=granted, life=900, token_id=uuid.uuid4().hex)
        return signed(grant, development_key(self.data_dir), WallClock().now())

    def call(self, method: str, path: str, *roles: str, **more) -> httpx.Response:
        """With all roles, or with those that are given."""
        headers = {"Authorization": f"Bearer {self.token(*roles)}"} | more.pop("headers", {})
        return self.client.request(method, path, headers=headers, **more)
