"""What `market_maker kill` says."""

import pytest

from market_maker.cli.kill import answer_lines, asked
from market_maker.cli.refusals import EXIT_FAILED, explained
from market_maker.model.errors import NoProofError, NotFoundError
from market_maker.serving.control_wire import (
    SOCKET_NAME,
    ControlAnswer,
    ControlRequest,
    KilledPool,
)
from market_maker.serving.life import locked
from market_maker.serving.worker_folders import worker_folder
from tests.unit.serving.test_control import with_service

POOL = KilledPool(symbol="X", state="HALTED", cancelled=3, still_open=0, unconfirmed=False)


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        (
            ControlAnswer(recorded=True, pools=(POOL,)),
            ["X  HALTED  3 cancelled or filled, nothing is open"],
        ),
        (ControlAnswer(recorded=True), ["no engine runs: nothing to halt"]),
        (
            ControlAnswer(),
            [
                "no engine runs: nothing to halt",
                "not in the audit log yet: the database does not answer",
            ],
        ),
    ],
)
def test_each_pool_has_a_line_and_what_is_missing_is_said(answer, lines):
    assert answer_lines(answer) == lines


def test_what_is_not_proved_stands_out():
    left = KilledPool(
        symbol="X",
        state="HALTED",
        cancelled=1,
        still_open=2,
        unconfirmed=True,
        error="down",
        unproved="the venue is away",
    )
    (line,) = answer_lines(ControlAnswer(recorded=True, pools=(left,)))
    said = "NOT PROVED: 2 orders may be open; the venue is away; down"
    assert line == f"X  HALTED  1 cancelled or filled, {said}"


def workers(data_dir, *numbers):
    folders = [worker_folder(data_dir, number) for number in numbers]
    for folder in folders:
        folder.mkdir(parents=True)
    return folders


def kill(data_dir, symbol=""):
    return lambda: asked(data_dir, ControlRequest(command="kill", symbol=symbol, reason="drill"))


def test_a_worker_that_does_not_listen_is_named_beside_those_that_do(tmp_path):
    one, two = workers(tmp_path, 1, 2)
    (two / SOCKET_NAME).touch()
    answer, _ = with_service(one, kill(tmp_path))
    (killed, lost) = answer.pools
    assert (killed.symbol, killed.state) == ("BTCUSDT-PERP", "HALTED")
    assert (lost.symbol, lost.unconfirmed) == ("worker 2", True)
    assert "no service that listens" in lost.error


def test_where_no_worker_listens_it_is_said_as_of_one_process(tmp_path):
    for folder in workers(tmp_path, 1, 2):
        (folder / SOCKET_NAME).touch()
    with pytest.raises(NotFoundError, match="service that listens"):
        kill(tmp_path)()


def test_of_a_worker_that_had_nothing_to_do_it_is_not_said_that_nothing_was_recorded(tmp_path):
    """With one worker gone, the other one's `no engine of it` was taken for a database that does
    not answer."""
    one, two = workers(tmp_path, 1, 2)
    (two / SOCKET_NAME).touch()
    answer, _ = with_service(one, kill(tmp_path, "NOPE"))
    assert [pool.symbol for pool in answer.pools] == ["worker 2"]
    assert not any("audit log" in line for line in answer_lines(answer))


def test_a_symbol_that_no_worker_has_is_refused_in_its_words(tmp_path):
    (one,) = workers(tmp_path, 1)
    answer, _ = with_service(one, kill(tmp_path, "NOPE"))
    assert "there is no engine of 'NOPE'" in answer.error


def test_a_service_that_runs_without_its_socket_is_not_said_to_be_away(tmp_path):
    """It said that there is no service, with the exit code of that, and orders were open."""
    with locked(tmp_path), pytest.raises(NoProofError, match="orders may be open") as refused:
        kill(tmp_path)()
    message, code = explained(refused.value)
    assert code == EXIT_FAILED
    assert "POST /v1/mm/emergency/kill" in message
    with pytest.raises(NotFoundError):
        kill(tmp_path)()


def test_a_worker_whose_socket_was_removed_is_not_left_out(tmp_path):
    """Only the other one was asked, and its answer read as that of all."""
    one, two = workers(tmp_path, 1, 2)
    with locked(two):
        answer, _ = with_service(one, kill(tmp_path))
    assert [pool.symbol for pool in answer.pools] == ["BTCUSDT-PERP", "worker 2"]
    assert answer.pools[1].unconfirmed
