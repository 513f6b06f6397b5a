"""A worker that is refused says why in one line."""

import socket

import pytest

from market_maker.api.health import program_fingerprint
from market_maker.cli.worker import BY_HAND, main
from market_maker.serving.worker_process import CHANGED, EXIT_CHANGED, EXIT_REFUSED

PROGRAM = program_fingerprint()


def test_a_worker_without_its_database_ends_with_one_line(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("POSTGRES_URL", "postgresql://127.0.0.1:1/none")
    ours, theirs = socket.socketpair()
    ours.send(b"the edge's first word")
    assert main([str(theirs.detach()), "3", str(tmp_path), PROGRAM]) == EXIT_REFUSED
    said = capfd.readouterr().err.splitlines()
    assert said[-1].startswith("error: worker 3: ")
    ours.close()


def test_one_that_stands_by_and_whose_edge_goes_away_has_touched_nothing(tmp_path):
    ours, theirs = socket.socketpair()
    ours.close()
    assert main([str(theirs.detach()), "3", str(tmp_path), PROGRAM]) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["0"], ["x", "1", "/d", PROGRAM], ["77", "1", "/d", ""]])
def test_one_that_is_started_by_hand_says_who_starts_it(arguments, capfd):
    assert main(arguments) == EXIT_REFUSED
    assert capfd.readouterr().err.splitlines() == [f"error: {BY_HAND}"]


def test_one_of_another_program_than_its_edge_is_touches_nothing_and_says_so(tmp_path, capfd):
    ours, theirs = socket.socketpair()
    assert main([str(theirs.detach()), "3", str(tmp_path), "0123456789abcdef"]) == EXIT_CHANGED
    assert capfd.readouterr().err.splitlines() == [f"error: worker 3: {CHANGED}"]
    assert ours.recv(1) == b""
    ours.close()
    assert list(tmp_path.iterdir()) == []
