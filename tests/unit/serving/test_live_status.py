import msgspec
import pytest

from market_maker.serving.live_status import LiveStatus
from tests.support.office import Office

pytestmark = pytest.mark.anyio


class Shown:
    """Shared state that keeps what it is given."""

    problem = ""

    def __init__(self):
        self.pictures = {}

    async def show(self, pictures):
        self.pictures.update(pictures)

    async def ping(self):
        pass

    async def wait(self, _name, _per_second, _burst):
        return None


async def test_every_pool_is_shown_as_its_status_is(office: Office):
    await office.pool()
    shown = Shown()
    await LiveStatus(office.application.controls, shown).step()
    assert sorted(shown.pictures) == [
        each.symbol for each in await office.application.controls.statuses()
    ]
    for symbol, picture in shown.pictures.items():
        assert msgspec.json.decode(picture)["symbol"] == symbol
