"""What makes the decisions of a replay: the engine in Python, or the compiled kernel."""

from enum import StrEnum

from msgspec import Struct

from market_maker.native_engine import EngineForm, engine_form

NOT_COMPILED_YET = "the kernel is not compiled yet: that is under way, once in an installation"
NOTHING_KEPT = "nothing can be kept: name a folder that can be written to in NUMBA_CACHE_DIR"
"""Why a kernel that is not there is not being made either."""


class EngineChoice(StrEnum):
    """What makes the decisions of a replay. auto: the kernel where it knows the configuration."""

    PYTHON = "python"
    COMPILED = "compiled"
    AUTO = "auto"


class RanBy(Struct, frozen=True):
    """What made the decisions, and why not another; empty where it was asked for."""

    engine: EngineChoice
    why: str = ""


def no_kernel(form: EngineForm | None = None) -> RanBy | None:
    """What decides where there can be no kernel, which is made of the engine's Python; None where
    there can. form: of the engine; None: of this process."""
    if (form or engine_form()) is EngineForm.INTERPRETED:
        return None
    why = "the native engine decides; a kernel is made of the interpreted one"
    return RanBy(EngineChoice.PYTHON, why)
