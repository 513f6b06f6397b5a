"""Whether the engine runs as Python, or as extension modules that `make native` built from it.

Python imports an extension module in place of the source beside it. One that was built from another
source would be a different engine than the one that is read, so each build keeps the hashes of what
it was made from, and a difference is refused.
"""

import hashlib
from enum import StrEnum
from pathlib import Path

import msgspec

from market_maker.engine import engine
from market_maker.model.errors import InvalidDataError

MANIFEST = "native_engine.json"
"""What was built from which source, in the package's folder: path within it -> SHA-256."""


class EngineForm(StrEnum):
    """How the engine runs."""

    INTERPRETED = "interpreted"
    NATIVE = "native"


_PACKAGE = Path(__file__).parent


def digest(source: Path) -> str:
    """SHA-256 of a source file, as MANIFEST has it."""
    return hashlib.sha256(source.read_bytes()).hexdigest()


def engine_form() -> EngineForm:
    """How the engine of this process runs. Raises InvalidDataError for a native one that was built
    from another source than the one that stands beside it."""
    if engine.__file__.endswith(".py"):
        return EngineForm.INTERPRETED
    check_native(_PACKAGE)
    return EngineForm.NATIVE


def check_native(package: Path) -> None:
    """Raises InvalidDataError unless every source in `package` that was built is as it was then."""
    manifest = package / MANIFEST
    if not manifest.is_file():
        raise _stale(package, "native modules", "whose sources are not on record")
    built = msgspec.json.decode(manifest.read_bytes(), type=dict[str, str])
    for name, kept in built.items():
        source = package / name
        if not source.is_file() or digest(source) != kept:
            raise _stale(package, name, "which was changed after that")


def _stale(package: Path, what: str, how: str) -> InvalidDataError:
    mend = "run `make native` to build it again, or `make interpreted` to run it as Python"
    return InvalidDataError(str(package), f"has a native engine built from {what}, {how}: {mend}")
