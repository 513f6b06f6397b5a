"""What makes the decisions of a replay: the engine in Python, or the compiled kernel."""

from enum import StrEnum

from msgspec import Struct

NOT_COMPILED_YET = "the kernel is not compiled yet: that is under way, once in an installation"


class EngineChoice(StrEnum):
    """What makes the decisions of a replay. auto: the kernel where it knows the configuration."""

    PYTHON = "python"
    COMPILED = "compiled"
    AUTO = "auto"


class RanBy(Struct, frozen=True):
    """What made the decisions, and why not another; empty where it was asked for."""

    engine: EngineChoice
    why: str = ""


NATIVE = RanBy(
    EngineChoice.PYTHON,
    "the native engine decides; the kernel is made of the engine's Python: run `make interpreted`",
)
"""Where the engine was built as extension modules (native_engine)."""
