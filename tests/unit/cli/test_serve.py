"""`market_maker serve`: a SIGTERM at any step of its start ends it in order."""

import asyncio
import os
import signal
import sys
from contextlib import contextmanager

import pytest
import uvloop

from market_maker.cli import serve as cli_serve
from market_maker.execution import engine_host
from market_maker.serving import (
    banner,
    duties,
    life,
    listeners,
    opened_sources,
    parts,
    private_folder,
    pulse,
    trading_life,
    worker_folders,
)
from market_maker.serving.pulse import FILE_NAME, PulseReader, PulseState
from market_maker.settings import settings_of
from market_maker.storage import schema, tenancy

pytestmark = pytest.mark.thorough

ANY = {"HTTP_PORT": "any", "METRICS_PORT": "any", "PANEL_PORT": "any", "LOG_LEVEL": "error"}
STEPS = [
    life.serve,
    life._checked,
    private_folder.private_folder,
    life.locked,
    worker_folders.forget_sockets,
    listeners.listen,
    schema.upgrade_schema,
    schema._upgrade,
    schema.check_schema,
    tenancy.tenancy.__wrapped__,
    life._ready_records,
    opened_sources.sources_opened.__wrapped__,
    parts.parts_of,
    banner.banner_of,
    life._Life.run,
    trading_life.TradingLife.begin,
    trading_life.TradingLife.claim,
    trading_life.TradingLife.work,
    duties.duties_of,
    trading_life.TradingLife.recover,
    trading_life.TradingLife.recovered,
    pulse.end_heartbeats,
    engine_host.EngineHost.run,
    listeners.Listener.run_until_told,
    banner.Banner.fields,
    banner.Banner.line,
    life.Stopping.wait,
]
"""From the first statement after the signals are listened to, to the one at which it waits for
them; a signal before that ends a process that has made nothing."""


@contextmanager
def signalled_at(step):
    """This process gets a SIGTERM at the moment in which `step` is called; yields how often."""
    code, sent = step.__code__, []

    def seen(frame, event, _):
        if event == "call" and frame.f_code is code and not sent:
            sent.append(code.co_name)
            os.kill(os.getpid(), signal.SIGTERM)

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        yield sent
    finally:
        sys.setprofile(before)


def test_an_end_without_proof_names_the_next_step():
    said = cli_serve._trouble(life.Ending(("ETHUSDT-PERP",), recorded=True, failure=""))
    assert said.endswith("on the venue: ETHUSDT-PERP; now: market_maker watchdog --once")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__qualname__)
def test_a_signal_at_any_step_of_the_start_ends_it_in_order(tmp_path, capsys, step):
    folder, usual = tmp_path / "data", signal.getsignal(signal.SIGTERM)
    try:
        with (
            signalled_at(step) as sent,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            ending = runner.run(cli_serve._run(settings_of(ANY, folder)))
    finally:
        signal.signal(signal.SIGTERM, usual)
    assert len(sent) == 1
    assert ending.clean
    assert PulseReader(folder / FILE_NAME).read().state is PulseState.ENDED
    assert "serves at" in capsys.readouterr().out
