"""Build the engine's modules as C extensions, into a folder of the package of their own.

`make native`, and `make run` and its like where it can be done. Needs a C compiler, the headers of
Python, and mypyc, which comes with mypy. Actions are equal to the last bit: floats are C doubles,
and no multiplication is fused with an addition.
"""

import argparse
import ast
import fcntl
import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from market_maker.native_engine import (
    FOLDER,
    LIBRARY,
    MANIFEST,
    SETTING,
    SUFFIX,
    EngineForm,
    digest,
    folder_of,
    unfit,
)

PACKAGE = "market_maker"
MODULES = (
    *(
        f"engine/{name}.py"
        for name in (
            "accounts",
            "allocation",
            "book",
            "decision_cache",
            "engine",
            "ladder",
            "market",
            "order_cap",
            "orders",
            "others",
            "parts",
            "position",
            "quoter",
            "reconcile",
            "risk_monitor",
            "room_left",
            "shares",
            "tally",
            "uptime",
        )
    ),
    "estimators/fair_price.py",
    "model/client_order_id.py",
    "quoting/level_prices.py",
    "quoting/scaling.py",
    "risk/budget.py",
    "risk/limits.py",
)
"""What a turn runs through. Modules that define msgspec Structs stay Python: compiled, a Struct
would be a class of another kind."""

SOURCE = Path(__file__).parents[1] / "src"
FLAGS = "-O3 -ffp-contract=off"
SETUP = """\
import sys
from mypyc.build import mypycify
from setuptools import setup

modules = sys.argv.pop().split(",")
extensions = mypycify([*modules], opt_level="3", group_name={group!r}, target_dir={folder!r})
setup(name={group!r}, ext_modules=extensions)
"""


def missing(compiler: str) -> str:
    """What a build needs and this machine lacks, in words; empty where nothing is."""
    if not compiler:
        return "there is no C compiler (Debian, Ubuntu: apt-get install gcc libc6-dev)"
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return "this Python has no headers (Debian, Ubuntu: apt-get install python3-dev)"
    return ""


def compiler_of(environ: Mapping[str, str]) -> str:
    """The one that CC names, Python's own, or the usual one: the first that is there."""
    named = (environ.get("CC"), sysconfig.get_config_var("CC"), "cc")
    return next((name for name in named if name and shutil.which(shlex.split(name)[0])), "")


def build(source: Path) -> None:
    """Build MODULES of the package in `source`. Raises SystemExit with one line."""
    compiler = compiler_of(os.environ)
    if why := missing(compiler):
        sys.exit(f"error: the engine was not built: {why}")
    place = folder_of(source / PACKAGE)
    place.parent.mkdir(exist_ok=True)
    with (
        (place.parent / ".lock").open("w") as lock,
        tempfile.TemporaryDirectory(dir=place.parent, prefix=".making-") as name,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not unfit(source / PACKAGE):
            return
        folder = Path(name)
        kept = {name: digest(source / PACKAGE / name) for name in sources(source)}
        _compile(source, folder, compiler)
        made = folder / "made"
        made.mkdir()
        for path in (folder / "lib").rglob(f"*{SUFFIX}"):
            parts = path.relative_to(folder / "lib").with_name(path.name.removesuffix(SUFFIX)).parts
            path.rename(made / (".".join(parts) + SUFFIX))
        (made / MANIFEST).write_text(json.dumps(kept, indent=1))
        # A process that runs keeps the files that it has loaded.
        if place.exists():
            place.rename(folder / "old")
        made.rename(place)


def _compile(source: Path, folder: Path, compiler: str) -> None:
    """Into `folder`/lib."""
    (folder / "setup.py").write_text(
        SETUP.format(group=LIBRARY.removesuffix("__mypyc"), folder=str(folder / "c"))
    )
    names = ",".join(f"{PACKAGE}/{name}" for name in MODULES)
    words = [f"{folder}/setup.py", "build_ext", f"--build-temp={folder}/temp"]
    flags = f"{os.environ.get('CFLAGS', '')} {FLAGS}".strip()
    done = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, *words, f"--build-lib={folder}/lib", names],
        cwd=source,
        env={
            **os.environ,
            "CC": compiler,
            "CFLAGS": flags,
            "MYPY_CACHE_DIR": f"{folder}/cache",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words = [line for line in (done.stdout + done.stderr).splitlines() if "error" in line]
        sys.exit("error: the engine was not built: " + " / ".join(words[-3:]))


def sources(source: Path, modules: Sequence[str] = MODULES) -> list[str]:
    """Everything that a build rests on: the modules and what they import of ours, whose types and
    constants are part of it. Paths in the package, sorted."""
    package = source / PACKAGE
    found, waiting = set[str](), [*modules]
    while waiting:
        name = waiting.pop()
        if name not in found and (package / name).is_file():
            found.add(name)
            waiting += _imports(package / name)
    return sorted(found)


def _imports(path: Path) -> Iterator[str]:
    """Files of the package that a module may import: `from a import b` may be of a/b.py."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            first, *rest = name.split(".")
            if first == PACKAGE:
                yield from ("/".join([*rest[:depth], "__init__.py"]) for depth in range(len(rest)))
                yield "/".join(rest) + ".py"
                yield "/".join([*rest, "__init__.py"])


def wanted(source: Path, environ: Mapping[str, str], compiler: str) -> bool:
    """Whether there is something to build, and a line where it cannot be."""
    if environ.get(SETTING, "").strip() == EngineForm.INTERPRETED or not unfit(source / PACKAGE):
        return False
    if why := missing(compiler):
        print(f"The engine runs as Python, in twice the time of a native one: {why}")
        return False
    return True


def main() -> int:
    """The command line of the target. wanted: the exit code says whether to build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["build", "wanted", "remove"])
    parser.add_argument("--source", type=Path, default=SOURCE)
    options = parser.parse_args()
    source = options.source.absolute()
    if options.what == "wanted":
        return 0 if wanted(source, os.environ, compiler_of(os.environ)) else 1
    if options.what == "remove":
        shutil.rmtree(source / PACKAGE / FOLDER, ignore_errors=True)
        return 0
    print(
        "Building the native engine: half a minute, once for each state of its source", flush=True
    )
    began = time.monotonic()
    build(source)
    print(f"The native engine is built ({time.monotonic() - began:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
