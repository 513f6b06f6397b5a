"""Event loops for tests that use gRPC, which works in a thread of its own for the whole process."""

import asyncio
from typing import Self

from tests.support.patient_loop import PatientLoop


class GrpcLoops:
    """Makes the loops of such tests and closes them when all tests are over. What gRPC finishes of
    a test after its end it hands to that test's loop, from whichever loop is running then: where
    the first is closed, the test of the second fails."""

    def __init__(self) -> None:
        self._made: list[GrpcLoop] = []

    def __call__(self) -> asyncio.AbstractEventLoop:
        """A new one."""
        self._made.append(GrpcLoop())
        return self._made[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for loop in self._made:
            loop.close_at_last()


class GrpcLoop(PatientLoop):
    """Closed with all others."""

    def close(self) -> None:
        """Its test is over: it runs nothing any more."""

    def close_at_last(self) -> None:
        """No test is left."""
        super().close()
