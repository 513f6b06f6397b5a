"""A worker that is refused says why in one line."""

import socket

from market_maker.cli.worker import EXIT_REFUSED, main


def test_a_worker_without_its_database_ends_with_one_line(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("POSTGRES_URL", "postgresql://127.0.0.1:1/none")
    ours, theirs = socket.socketpair()
    ours.send(b"the edge's first word")
    assert main([str(theirs.detach()), "3", str(tmp_path)]) == EXIT_REFUSED
    said = capfd.readouterr().err.splitlines()
    assert said[-1].startswith("error: worker 3: ")
    ours.close()


def test_one_that_stands_by_and_whose_edge_goes_away_has_touched_nothing(tmp_path):
    ours, theirs = socket.socketpair()
    ours.close()
    assert main([str(theirs.detach()), "3", str(tmp_path)]) == 0
    assert list(tmp_path.iterdir()) == []
