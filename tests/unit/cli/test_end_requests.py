"""A terminal that is closed ends a command as SIGTERM does; it ended it with its orders open."""

import ast
import asyncio
import os
import signal
from pathlib import Path

import pytest

import market_maker
from market_maker.cli.end_requests import ENDING, MEANINGLESS, forget_end_requests, on_end_request

CLI = Path(market_maker.__file__).parent / "cli"


@pytest.fixture(autouse=True)
def as_before():
    before = {number: signal.getsignal(number) for number in (*ENDING, *MEANINGLESS)}
    # The tests may themselves run under nohup.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


async def heard_of(*sent):
    heard = []
    all_heard = asyncio.Event()

    def hear(number):
        heard.append(number)
        if number is sent[-1]:
            all_heard.set()

    on_end_request(hear)
    for number in sent:
        os.kill(os.getpid(), number)
    await all_heard.wait()
    forget_end_requests()
    return heard


@pytest.mark.parametrize("number", ENDING)
def test_each_of_them_asks_for_an_end(number):
    assert asyncio.run(heard_of(number)) == [number]


def test_what_means_nothing_ends_nothing():
    assert asyncio.run(heard_of(*MEANINGLESS, signal.SIGTERM)) == [signal.SIGTERM]


def test_under_nohup_a_closed_terminal_ends_nothing():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    assert asyncio.run(heard_of(signal.SIGHUP, signal.SIGTERM)) == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_every_command_listens_here():
    """The next one that runs for long must not forget one of them."""
    elsewhere = {
        path.name
        for path in CLI.rglob("*.py")
        if any(
            isinstance(node, ast.Attribute) and node.attr == "add_signal_handler"
            for node in ast.walk(ast.parse(path.read_text()))
        )
    }
    assert elsewhere == {"end_requests.py"}
