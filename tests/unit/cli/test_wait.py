"""Waiting for a service that may take a while, or never come."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from market_maker.cli.main import run
from market_maker.cli.wait import problem_at, wait_until
from market_maker.clocks import SimClock
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.units import Nanos


def test_it_asks_until_there_is_no_problem():
    problems = ["not yet", "not yet", ""]
    clock = SimClock(Nanos(0))
    wait_until(lambda: problems.pop(0), 10, clock)
    assert problems == []
    assert clock.now() == 200_000_000


def test_it_ends_with_the_last_problem():
    clock = SimClock(Nanos(0))
    with pytest.raises(VenueUnavailableError, match="not ready after 2 s: refused"):
        wait_until(lambda: "refused", 2, clock)
    assert clock.now() == 2_000_000_000


@pytest.fixture
def answering():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(self.server.status)
            self.end_headers()
            self.wfile.write(self.path.encode())

        def log_message(self, *_args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.status = 200
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_only_200_of_the_readiness_is_ready(answering, capsys):
    host, port = answering.server_address
    assert problem_at(host, port) == ""
    answering.status = 503
    assert problem_at(host, port) == f"{host}:{port} answers 503: /health/ready"
    answering.status = 200
    assert run(["wait", "--url", f"http://{host}:{port}", "--seconds", "5"]) == 0
    assert capsys.readouterr().out == f"ready: http://{host}:{port}\n"


def test_where_nothing_listens_is_one_line_and_exit_code_1(capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert run(["wait", "--url", f"http://127.0.0.1:{port}", "--seconds", "0.01"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("error: not ready after 0.01 s: 127.0.0.1:")
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--seconds", "0"], "seconds"),
        (["--seconds", "nan"], "seconds"),
        (["--url", "ftp://h"], "url"),
        (["--url", "localhost:8095"], "url"),
    ],
)
def test_a_wrong_request_is_one_line(capsys, arguments, named):
    assert run(["wait", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"error: {named}: ")


def test_a_port_of_the_systems_choice_has_to_be_said(capsys, monkeypatch):
    monkeypatch.setenv("HTTP_PORT", "any")
    assert run(["wait"]) == 2
    assert "--url" in capsys.readouterr().err
