"""Who trades a symbol: one worker at a time, proved by an epoch."""

from msgspec import Struct


class Fence(Struct, frozen=True):
    """What an order is put on record under: `worker` trades `symbol` in `epoch`, which grows
    whenever the symbol is taken up and never falls."""

    symbol: str
    worker: str
    epoch: int
