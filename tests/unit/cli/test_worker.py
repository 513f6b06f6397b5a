"""A worker that is refused says why in one line."""

import socket

from market_maker.cli.worker import EXIT_REFUSED, main


def test_a_worker_without_its_database_ends_with_one_line(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("POSTGRES_URL", "postgresql://127.0.0.1:1/none")
    ours, theirs = socket.socketpair()
    assert main([str(theirs.detach()), "3", str(tmp_path)]) == EXIT_REFUSED
    said = capfd.readouterr().err.splitlines()
    assert said[-1].startswith("error: worker 3: ")
    ours.close()
