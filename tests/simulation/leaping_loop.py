"""An event loop whose time passes only while nothing can be done.

Where every task waits and no bytes are on their way, its time leaps to the next timer. What runs on
it does not depend on how fast or how busy the machine is: a second of a loaded machine is as long
as one of an idle machine. Sockets are real, and have to be of this process: of others it would not
know that they are about to answer.
"""

import asyncio
import selectors

LEAP_MAX_S = 0.5
"""After leaps of so much on end with nothing arriving, bytes get a moment of real time to arrive:
what is sent to this machine itself is there at once, but for a machine under load."""

MOMENT_S = 0.001


class LeapingSelector(selectors.DefaultSelector):
    """time: seconds that passed, all by leaps."""

    def __init__(self) -> None:
        super().__init__()
        self.time = self._arrived = 0.0

    def select(self, timeout: float | None = None):
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(0)
        if not ready and self.time - self._arrived >= LEAP_MAX_S:
            ready = super().select(MOMENT_S)
            self._arrived = self.time
        if ready:
            self._arrived = self.time
        else:
            self.time += timeout
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """Its `time` starts at 0."""

    def __init__(self) -> None:
        self._leaping = LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.time
