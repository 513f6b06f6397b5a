"""The order gate of one pool: whether orders may go out at this instant. The order gateway checks
it last, between committing an intent and putting it on the wire, and does not wait in between."""

from market_maker.engine.engine import Engine
from market_maker.model.lifecycle import PoolState


class OrderGate:
    """Shut until an engine is watched, and again when that engine breaks."""

    __slots__ = ("_before", "_engine")

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._before = 0

    @property
    def epoch(self) -> int:
        """Grows with every move of the pool: an order that was decided in another epoch than
        this one must not go out."""
        return self._before + (self._engine.tally.moves if self._engine else 0)

    @property
    def is_open(self) -> bool:
        """The engine runs, the pool is ACTIVE, and its book can be trusted."""
        engine = self._engine
        if engine is None or engine.state is not PoolState.ACTIVE:
            return False
        return engine.market.blind is None

    @property
    def config_version(self) -> int:
        """Of the configuration that the engine quotes by; 0 without one."""
        return self._engine.config.version if self._engine else 0

    def watch(self, engine: Engine) -> None:
        """From now on this engine's moves count."""
        self._before, self._engine = self.epoch + 1, engine

    def shut(self) -> None:
        """The engine crashed."""
        self._before, self._engine = self.epoch + 1, None
