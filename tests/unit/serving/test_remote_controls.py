"""Commands over a connection: what a kill does not reach stands in its answer."""

import pytest

from market_maker.model.errors import ProcessLostError
from market_maker.operations.emergency import ALL_POOLS
from market_maker.serving.worker_wire import KillAsked
from tests.support.office import ANN, PATIENCE_S, SYMBOL
from tests.support.remote_office import remote_office

pytestmark = pytest.mark.anyio


async def test_a_kill_that_does_not_reach_a_worker_says_so_and_is_remembered():
    async with remote_office() as remote:
        await remote.office.quoting()
        await remote.office.until(lambda: remote.mirror.get(SYMBOL) is not None)
        remote.far.close()
        answer = await remote.application.controls.kill(ANN, "drill")
        (pool,) = answer.pools
        assert pool.symbol == SYMBOL
        assert "worker 1 was not reached" in pool.error
        assert len(pool.still_open) == 4
        assert not answer.recorded
        assert await remote.office.recorder.flushed(PATIENCE_S)
        whole = [each for each in await remote.office.audit() if each[2] == ALL_POOLS]
        assert whole == [("ann", "emergency.kill", ALL_POOLS, "done")]
        assert remote.owner.remembered == [KillAsked(ANN, "", "drill")]
        with pytest.raises(ProcessLostError):
            await remote.application.controls.pause(ANN, SYMBOL)
