"""The process of a worker: how it ended, in words, and that it cannot be started wrongly."""

import pytest

from market_maker.serving.worker_process import in_words, spawned

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("code", "words"),
    [(-9, "was ended by signal 9"), (0, "ended with code 0"), (2, "ended with code 2")],
)
def test_an_end_is_a_signal_or_a_code(code, words):
    assert in_words(code) == words


async def test_a_worker_without_its_database_ends_and_closes_the_connection(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTGRES_URL", "postgresql://127.0.0.1:1/none")
    process, ours = await spawned(tmp_path, 1)
    assert await process.wait() != 0
    ours.setblocking(True)
    assert ours.recv(1) == b""
    ours.close()
