"""The proof over REST."""

import pytest

from tests.support.office import SYMBOL
from tests.unit.api.serving import client_of

pytestmark = pytest.mark.anyio


async def test_the_proof_of_a_pool_and_of_a_symbol_without_an_engine(office):
    await office.quoting()
    async with client_of(office) as client:
        found = (await client.get(f"/v1/pools/{SYMBOL}/proof")).json()
        assert (found["proved"], found["state"]) == (False, "ACTIVE")
        assert (await client.get("/v1/pools/NOPE-PERP/proof")).status_code == 404
