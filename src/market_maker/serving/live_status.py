"""The status of every pool in shared state, once a second, for readers in other processes."""

import msgspec

from market_maker.api.wire import encode
from market_maker.operations.pool_controls import PoolControls
from market_maker.operations.views import PoolStatusView
from market_maker.serving.opened_sources import SharedState


class LiveStatus:
    """`step` writes it."""

    def __init__(self, controls: PoolControls, shared: SharedState) -> None:
        self._controls, self._shared = controls, shared

    async def step(self) -> None:
        """All pools, as GET /v1/pools/{symbol}/status answers. Raises StoreUnavailableError."""
        seen = await self._controls.statuses()
        pictures = {each.symbol: encode(PoolStatusView, each) for each in seen}
        await self._shared.show({name: msgspec.json.encode(p) for name, p in pictures.items()})
