"""A computer's clock is set while the service quotes: no caller is locked out; the log says so."""

import re
import uuid
from contextlib import suppress
from subprocess import TimeoutExpired

import pytest

from market_maker.api.bearer import Grant, signed
from market_maker.api.keys import development_key
from market_maker.clocks import TimeOfDay, WallClock
from market_maker.model.caller import Role
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_SECOND, Nanos
from tests.e2e.running import Running
from tests.e2e.test_kill_without_http import SYMBOL, active_pool

MOVED = """
import time
_real, _path = time.time_ns, {path!r}
def _moved():
    with open(_path) as file:
        return _real() + int(file.read() or 0)
time.time_ns = _moved
"""
TOLD_WITHIN_S = 60


class Clock:
    """Of the service's process, and of an auth service that has the same trouble."""

    def __init__(self, folder):
        self._path = folder / "moved"
        self._path.write_text("0")
        self.by = 0
        (folder / "sitecustomize.py").write_text(MOVED.format(path=str(self._path)))

    def move(self, by):
        # In place: the service reads it all the time.
        self.by = by
        self._path.write_text(str(by))


def token(service, by):
    grant = Grant(subject="ops", roles=tuple(Role), life=900, token_id=uuid.uuid4().hex)
    now = Nanos(TimeOfDay().now() + by)
    return signed(grant, development_key(service.data_dir), now)


def ask(service, given, method="GET", path="/v1/mm/status"):
    headers = {"Authorization": f"Bearer {given}"}
    return service.client.request(method, path, headers=headers)


def signed_in(service, given):
    """The answer of /v1/me to the panel, in a session that was opened with this token."""
    opened = ask(service, given, "POST", "/v1/session")
    cookie = opened.headers["set-cookie"].partition(";")[0]
    assert "Max-Age=0" not in opened.headers["set-cookie"]
    service.client.cookies.clear()
    own = {"Cookie": cookie, "Origin": service.url, "Sec-Fetch-Site": "same-origin"}
    return service.client.get("/v1/me", headers=own)


def until(service, holds):
    clock = WallClock()
    deadline = clock.now() + TOLD_WITHIN_S * NANOS_PER_SECOND
    while not (found := holds()):
        assert clock.now() < deadline, "it was not reported in time"
        with suppress(TimeoutExpired):
            # So that we do not ask too often; it must not end by itself.
            raise AssertionError(service.process.wait(0.1), service.log.read_text()[-2_000:])
    return found


def created(service, given):
    answer = ask(service, given, path=f"/v1/mm-orders/{SYMBOL}?limit=1000").json()
    return [order["created_at"] for order in answer["items"]][::-1]


@pytest.mark.slow
@pytest.mark.parametrize("by", [24 * NANOS_PER_HOUR, NANOS_PER_HOUR, -NANOS_PER_HOUR])
def test_after_a_clock_was_set_right_tokens_are_taken_and_old_ones_are_not(tmp_path, by):
    clock = Clock(tmp_path)
    with Running(tmp_path, PYTHONPATH=str(tmp_path)) as service:
        active_pool(service)
        old = token(service, 0)
        assert ask(service, old).status_code == 200
        before = until(service, lambda: created(service, old))
        clock.move(by)
        assert ask(service, old).status_code == 401
        new = token(service, by)
        assert ask(service, new).status_code == 200
        assert signed_in(service, new).json()["subject"] == "ops"
        health = until(
            service,
            lambda: (
                found
                if "clock" in (found := service.client.get("/health").json())["dependencies"]
                and found["dependencies"]["clock"]["detail"]
                else None
            ),
        )
        assert re.search(r"clock was (moved|set back)", health["dependencies"]["clock"]["detail"])
        until(service, lambda: '"event":"clock moved"' in service.log.read_text())
        # New orders, by stopping and starting it, once it sees the market again.
        status = f"/v1/pools/{SYMBOL}/status"
        until(service, lambda: ask(service, new, path=status).json()["quoting"])
        assert ask(service, new, "POST", f"/v1/pools/{SYMBOL}/pause").status_code == 200
        until(service, lambda: not ask(service, new, path=status).json()["cancel_unconfirmed"])
        assert ask(service, new, "POST", f"/v1/pools/{SYMBOL}/resume").status_code == 200
        more = until(
            service,
            lambda: found if len(found := created(service, new)) > len(before) else None,
        )
        assert more == sorted(more)
        if by > 0:
            assert ask(service, new).json()["counts"]["HALTED"] == 0
        killed = ask(service, new, "POST", "/v1/mm/emergency/kill")
        assert killed.json()["pools"][0]["state"] == "HALTED"
