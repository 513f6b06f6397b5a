"""The one shape in which every estimate is read."""

from typing import Protocol

from msgspec import Struct


class Estimate(Struct, frozen=True, gc=False):
    """One estimate at one moment. value: None while there is none. unit: in words. count: what it
    rests on: samples, trades, fills or payments. ready: whether it may be relied on. off: not
    needed by the configuration, so not fed."""

    name: str
    value: float | None
    unit: str
    count: int
    ready: bool
    off: bool = False


class Estimating(Protocol):
    """What every estimator shows. unit belongs to its class; ready never comes before value."""

    @property
    def unit(self) -> str:
        """Of `value`, in words."""

    @property
    def value(self) -> float | None:
        """None until there is one; always finite."""

    @property
    def count(self) -> int:
        """What it rests on."""

    @property
    def ready(self) -> bool:
        """Whether it may be relied on."""
