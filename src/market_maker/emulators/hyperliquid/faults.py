"""What goes wrong at the emulated venue, by a seed. All of it is allowed to change at any time."""

from collections.abc import Sequence
from random import Random

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError

CHANCES = (
    "drop_answer",
    "busy",
    "too_many",
    "reset",
    "refuse_upgrade",
    "duplicate_fill",
    "late_fill",
    "lose_fill",
    "open_first",
    "upgrade",
    "freeze",
    "late_action",
    "lose_update",
)


class VenueFaults(Struct, frozen=True, kw_only=True):
    """Probabilities, each of one request or event.

    drop_answer: an /exchange request has its effect, and its connection is cut without an answer.
    busy: an /exchange request is answered 502, half of the time after its effect. too_many: any
    request is answered 429 whatever its weight. reset: a socket is cut, once a second each.
    refuse_upgrade: a socket is refused. duplicate_fill, late_fill, lose_fill: a fill is streamed
    twice, late, or not at all; the list of fills has it all the same. open_first: a modify reports
    the new order before the old one is gone. upgrade: the network is upgraded, once a second each:
    sockets are cut, and for 10 s only post-only orders are taken. freeze: the books of one coin are
    not streamed for 10 s, once a second each. late_action: an /exchange request is on its way for
    held_ms at most before it has an effect. lose_update: a change of an order is not streamed; the
    lists have it. late_ms: how late at most. delay_ms: how long every
    answer takes. frozen: coins whose books are not streamed any more while everything else is.
    """

    drop_answer: float = 0.0
    busy: float = 0.0
    too_many: float = 0.0
    reset: float = 0.0
    refuse_upgrade: float = 0.0
    duplicate_fill: float = 0.0
    late_fill: float = 0.0
    lose_fill: float = 0.0
    open_first: float = 0.0
    upgrade: float = 0.0
    freeze: float = 0.0
    late_action: float = 0.0
    lose_update: float = 0.0
    late_ms: int = 2_000
    held_ms: int = 4_500
    delay_ms: int = 0
    frozen: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in CHANCES:
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidFieldError(name, getattr(self, name), "a probability from 0 to 1")
        for name in ("late_ms", "held_ms", "delay_ms"):
            if getattr(self, name) < 0:
                raise InvalidFieldError(name, getattr(self, name), "0 or more milliseconds")


class FaultDice:
    """Whether it goes wrong this time. One stream of chance for each kind of fault, so that the
    same requests suffer the same whatever else is switched on."""

    def __init__(self, seed: int) -> None:
        # Faults that can be repeated; nothing here is secret.
        self._dice = {name: Random(f"{seed}/{name}") for name in (*CHANCES, "late_ms", "held_ms")}  # noqa: S311

    def falls(self, faults: VenueFaults, name: str) -> bool:
        """Whether the fault of this name happens now."""
        chance: float = getattr(faults, name)
        return chance > 0 and self._dice[name].random() < chance

    def half(self, name: str) -> bool:
        """One of two."""
        return self._dice[name].random() < 1 / 2

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        """Which one it is this time."""
        return self._dice[name].choice(choices)

    def held(self, faults: VenueFaults) -> int:
        """How long an action that is late is on its way, ms."""
        return self._dice["held_ms"].randint(1, max(1, faults.held_ms))

    def late(self, faults: VenueFaults) -> int:
        """How late a late fill is, ms."""
        return self._dice["late_ms"].randint(1, max(1, faults.late_ms))
