"""The control socket: kill without HTTP."""

import asyncio
import socket
from contextlib import ExitStack
from pathlib import Path

from market_maker.model.errors import NotFoundError
from market_maker.operations.views import EmergencyView, PoolStatus, StoppedView
from market_maker.serving import control
from market_maker.serving.control import CONSOLE, ControlSocket
from market_maker.serving.control_wire import (
    SOCKET_NAME,
    ControlRequest,
    KilledPool,
    ask,
    short_name,
)
from tests.support.patient_loop import patient


class Engines:
    def __init__(self):
        self.asked = []

    def warning(self, event, **fields):
        self.asked.append((event, fields["symbol"]))

    async def kill(self, caller, reason="", symbol=""):
        self.asked.append((caller, reason, symbol))
        if symbol == "NOPE":
            raise NotFoundError("engine of", symbol)
        stopped = StoppedView(
            symbol=symbol or "BTCUSDT-PERP",
            state=PoolStatus.HALTED,
            reason=reason,
            cancelled=(),
            still_open=(),
            cancel_unconfirmed=True,
            position=None,
            position_usdt=None,
            unwinding=False,
            error="",
            unproved="no answer in time",
        )
        return EmergencyView(action="emergency.kill", at=0, pools=(stopped,), recorded=False)


def with_service(folder: Path, question):
    """What `question` returns in another thread while a service listens."""
    engines = Engines()

    async def play():
        task = asyncio.get_running_loop().create_task(ControlSocket(folder, engines, engines).run())
        while not (folder / SOCKET_NAME).is_socket():  # noqa: ASYNC110  no event says so
            await asyncio.sleep(0)
        try:
            return await asyncio.to_thread(question)
        finally:
            task.cancel()
            await asyncio.wait([task])

    answer = patient(play())
    assert not (folder / SOCKET_NAME).exists()
    return answer, engines.asked


def kill(folder, **more):
    return lambda: ask(folder, ControlRequest(command="kill", **more))


def test_a_kill_reaches_the_engines_and_says_what_it_did(tmp_path):
    answer, asked = with_service(tmp_path, kill(tmp_path, reason="drill"))
    assert asked[-1] == (CONSOLE, "drill", "")
    pool = KilledPool(
        symbol="BTCUSDT-PERP",
        state="HALTED",
        cancelled=0,
        still_open=0,
        unconfirmed=True,
        unproved="no answer in time",
    )
    assert (answer.error, answer.recorded, answer.pools) == ("", False, (pool,))


def test_a_symbol_without_an_engine_is_named(tmp_path):
    answer, _ = with_service(tmp_path, kill(tmp_path, symbol="NOPE"))
    assert "NOPE" in answer.error


def test_other_commands_are_refused_by_name(tmp_path):
    answer, asked = with_service(tmp_path, lambda: ask(tmp_path, ControlRequest(command="pay")))
    assert "'pay'" in answer.error
    assert asked == []


def test_only_its_owner_may_open_the_socket(tmp_path):
    mode, _ = with_service(tmp_path, lambda: (tmp_path / SOCKET_NAME).stat().st_mode & 0o777)
    assert mode == 0o600


def test_another_account_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(control, "_is_ours", lambda _: False)
    answer, asked = with_service(tmp_path, kill(tmp_path))
    assert "own account" in answer.error
    assert asked == []


def test_what_a_dead_service_left_behind_is_replaced(tmp_path):
    (tmp_path / SOCKET_NAME).write_text("stale")
    answer, _ = with_service(tmp_path, kill(tmp_path))
    assert answer.pools


def test_a_folder_however_deep_has_room_for_a_socket(tmp_path):
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    answer, _ = with_service(deep, kill(deep))
    assert answer.pools


def test_callers_that_say_nothing_do_not_hinder_a_kill(tmp_path):
    def flooded():
        with ExitStack() as stack:
            for _ in range(3 * control.CALLERS_MAX):
                silent = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                with short_name(tmp_path) as name:
                    silent.connect(name)
            return kill(tmp_path)()

    answer, _ = with_service(tmp_path, flooded)
    assert answer.pools
