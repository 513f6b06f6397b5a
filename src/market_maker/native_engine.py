"""Whether the engine of this process is Python, or the extension modules that were built from it.

A build stands in the package, in a folder for each version and kind of Python, and nothing finds it
there but a process that calls `take` before it imports the engine: one that trades. Every other
one, tests and replays among them, runs the source. A build of another source would be a different
engine than the one that is read, so each keeps the hashes of all that it was made from, and is
passed over where one differs.
"""

import hashlib
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from enum import StrEnum
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import msgspec

from market_maker.model.errors import InvalidDataError, InvalidFieldError

SETTING = "MM_ENGINE"
"""native: refuse to start without one; interpreted: take none; unset: one where it can be had."""
FOLDER = "native"
MANIFEST = "built_from.json"
"""In the folder of a build: path of a source in the package -> its SHA-256."""
LIBRARY = "market_maker_engine__mypyc"
"""What all modules of a build share."""
SUFFIX: str = sysconfig.get_config_var("EXT_SUFFIX") or ".so"


class EngineForm(StrEnum):
    """How the engine runs."""

    INTERPRETED = "interpreted"
    NATIVE = "native"


class _Choice:
    """Of this process. why: it is not native, in words."""

    form = EngineForm.INTERPRETED
    why = "this process does not trade"


def folder_of(package: Path) -> Path:
    """Where a build for this Python stands."""
    return package / FOLDER / SUFFIX.strip(".").partition(".")[0]


def digest(source: Path) -> str:
    """SHA-256 of a source file, as MANIFEST has it."""
    return hashlib.sha256(source.read_bytes()).hexdigest()


def engine_form() -> EngineForm:
    """How the engine of this process runs."""
    return _Choice.form


def why_interpreted() -> str:
    """Why it is not native, in words; empty where it is."""
    return _Choice.why


def take(environ: Mapping[str, str]) -> None:
    """Have this process import the native engine, where there is one of the source that stands
    here. Before anything imports the engine. Raises InvalidFieldError for a setting that means
    nothing, and InvalidDataError where there must be a native one and is none."""
    package = Path(__file__).parent
    _Choice.why = why_not(environ, package)
    if not _Choice.why:
        _Choice.form = EngineForm.NATIVE
        sys.meta_path.insert(0, _BuiltModules(_modules(package)))


def why_not(environ: Mapping[str, str], package: Path) -> str:
    """Why this process cannot import the build in `package`; empty where it can, and then what its
    modules share is loaded. Raises as `take`."""
    wanted = form_of(environ.get(SETTING, "").strip())
    if wanted is EngineForm.INTERPRETED:
        return f"{SETTING} asks for that"
    modules = _modules(package)
    why = unfit(package) or _imported(modules) or _loaded(modules)
    if why and wanted is EngineForm.NATIVE:
        raise InvalidDataError(SETTING, f"asks for a native engine, but {why}")
    return why


def form_of(text: str) -> EngineForm | None:
    """What SETTING asks for; None for nothing. Raises InvalidFieldError."""
    try:
        return EngineForm(text) if text else None
    except ValueError:
        raise InvalidFieldError(SETTING, text, " or ".join(EngineForm)) from None


def unfit(package: Path) -> str:
    """Why there is no build of the source in `package` for this Python; empty where there is."""
    folder = folder_of(package)
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return "none was built for this Python (make native)"
    for name, kept in msgspec.json.decode(manifest.read_bytes(), type=dict[str, str]).items():
        source = package / name
        if not source.is_file() or digest(source) != kept:
            return f"{name} was changed after it was built (make native)"
    return ""


class _BuiltModules:
    """Finds the modules of a build before their sources are found."""

    def __init__(self, modules: Mapping[str, Path]) -> None:
        self._modules = modules

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As import asks every finder."""
        return _spec(name, self._modules[name]) if name in self._modules else None


def _modules(package: Path) -> dict[str, Path]:
    """Of a build, by name."""
    return {path.name.removesuffix(SUFFIX): path for path in folder_of(package).glob(f"*{SUFFIX}")}


def _imported(modules: Mapping[str, Path]) -> str:
    """Objects of a class that is Python mean nothing to a class that is not."""
    found = sorted(name for name in modules if name in sys.modules)
    return f"{found[0]} had been imported before" if found else ""


def _loaded(modules: Mapping[str, Path]) -> str:
    """Load what all modules share, which is all that can fail: it may be built for a C library
    that is newer than this machine's."""
    try:
        spec = _spec(LIBRARY, modules[LIBRARY])
        library = module_from_spec(spec)
        sys.modules[LIBRARY] = library
        if spec.loader is not None:
            spec.loader.exec_module(library)
    except (KeyError, ImportError) as error:
        sys.modules.pop(LIBRARY, None)
        return f"what was built cannot be loaded here: {error}"
    return ""


def _spec(name: str, path: Path) -> ModuleSpec:
    spec = spec_from_file_location(name, path, loader=ExtensionFileLoader(name, str(path)))
    if spec is None:
        raise ImportError(f"{path} is no extension module", name=name)
    return spec
