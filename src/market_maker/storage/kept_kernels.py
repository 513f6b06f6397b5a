"""Machine code of kernels, kept on disk from one process to the next.

One file a package, Python and kind of processor, which a wheel may bring along: the SHA-256 of what
follows, a line that says what it was made of and for, then an object file. All of that is judged
before anything of it is run. It only saves time: what cannot be read, is damaged or was made of
other kernels is compiled again, and where nothing can be written nothing is kept.
"""
# The kernels are imported where they are asked for: who imports this perhaps calls none.
# ruff: noqa: PLC0415

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from market_maker.replay_venue import kernel_parts

FORMAT = 1
"""Of the file."""

FOLDER = "NUMBA_CACHE_DIR"
"""Names another folder: numba's own setting, for its machine code it is."""

SIZE_MAX = 16 * 2**20
"""Of a file: many times what there is."""

_COMPILERS = ("kernel_compiler", "wide_arithmetic")
"""Modules that say how kernels become machine code."""


class _Origin(Struct, frozen=True):
    """What machine code was made of, and for which processor."""

    format: int
    package: str
    mark: str
    functions: list[str]
    system: str
    processor: str
    features: list[str]


def code_of(package: str) -> bytes:
    """Machine code of a package's kernels: what is kept, or compiled now and kept."""
    from market_maker.replay_venue.compiled import compile_here

    found = _kept(package)
    if found is None:
        found = compile_here(package)
        keep(package, found)
    return found


kernel_parts.take_from(code_of)


def load_kept(package: str) -> bool:
    """Load what is kept of a package's kernels, once in a process. False where they would have to
    be compiled."""
    from market_maker.replay_venue.compiled import is_ready, load

    if is_ready(package):
        return True
    found = _kept(package)
    if found is None:
        return False
    load(package, found)
    return True


def keep(package: str, code: bytes) -> None:
    """Keep machine code of a package's kernels; nothing where it cannot be written."""
    folder = where_kept(package)
    if folder is None or not _is_ours(package):
        return
    content = sealed(package, code)
    path = folder / file_name(package)
    # Under another name first: another process may read it, and the disk may be full.
    made = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        made.write_bytes(content)
        made.replace(path)
    except OSError:
        with suppress(OSError):
            made.unlink(missing_ok=True)


def where_kept(package: str) -> Path | None:
    """The folder in which a package's kernels are kept; None where nothing can be kept."""
    for folder in _folders(package):
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK | os.X_OK):
                return folder
    return None


def _kept(package: str) -> bytes | None:
    if not _is_ours(package):
        return None
    places = [folder / file_name(package) for folder in _folders(package)]
    for path in (*places, *_shipped(package)):
        try:
            content = _read(path)
        except OSError:
            continue
        code = _opened(content, package)
        if code is not None:
            return code
    return None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SIZE_MAX)


def _is_ours(package: str) -> bool:
    """Whether a package is one of the product's: those of tests are known in part only."""
    return package.partition(".")[0] == __name__.partition(".")[0]


def sealed(package: str, code: bytes) -> bytes:
    """The file of machine code of a package's kernels."""
    return _sealed(_origin(package), code)


def _sealed(origin: _Origin, code: bytes) -> bytes:
    content = msgspec.json.encode(origin) + b"\n" + code
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def _opened(content: bytes, package: str) -> bytes | None:
    """The machine code in a file; None unless it is whole, of the kernels as they are, and runs on
    this processor."""
    from market_maker.replay_venue.machine_code import Processor, host

    seal, _, rest = content.partition(b"\n")
    if hashlib.sha256(rest).hexdigest().encode() != seal:
        return None
    line, _, code = rest.partition(b"\n")
    try:
        origin = msgspec.json.decode(line, type=_Origin)
    except msgspec.DecodeError:
        return None
    made_for = Processor(origin.system, origin.processor, tuple(origin.features))
    if not host().runs(made_for):
        return None
    return code if origin == _origin(package, made_for) else None


def _origin(package: str, made_for: Any = None) -> _Origin:
    from market_maker.replay_venue.compiled import mark, names_of
    from market_maker.replay_venue.machine_code import processor

    system, name, features = made_for or processor()
    made_of = hashlib.sha256((mark(package) + _compilers()).encode()).hexdigest()
    return _Origin(FORMAT, package, made_of, names_of(package), system, name, [*features])


@cache
def _compilers() -> str:
    """A digest of how kernels become machine code."""
    folder = Path(kernel_parts.__file__).parent
    digest = hashlib.sha256()
    with suppress(OSError):  # a package without its sources has others when it is another one
        for name in _COMPILERS:
            digest.update(_read(folder / f"{name}.py"))
    return digest.hexdigest()


def file_name(package: str) -> str:
    """Of what is kept of a package's kernels. Of another processor it is another one, for a folder
    may be shared."""
    from market_maker.replay_venue.machine_code import processor

    made_for = processor()
    which = hashlib.sha256(repr(made_for).encode()).hexdigest()[:8]
    python = sys.implementation.cache_tag
    return f"{package.rpartition('.')[2]}.{python}-{made_for.name}-{which}.kernels"


def _shipped(package: str) -> Iterator[Path]:
    """Where a wheel brings it along: beside the source."""
    for source in _sources(package):
        yield source / file_name(package)


def _sources(package: str) -> Iterator[Path]:
    spec = find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        yield Path(place)


def _folders(package: str) -> Iterator[Path]:
    """Where they may be: the folder that is named, or else beside the source and the user's own."""
    named = os.environ.get(FOLDER)  # noqa: TID251
    if named:
        yield Path(named)
        return
    for source in _sources(package):
        yield source / "__pycache__"
    with suppress(RuntimeError):  # there is no home
        own = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"  # noqa: TID251
        yield Path(own) / "market_maker"
