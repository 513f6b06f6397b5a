"""Build the engine's modules as C extensions beside their sources, or remove them again.

`make native`, `make interpreted`. Needs a C compiler, and mypyc, which comes with mypy. Actions are
equal to the last bit: floats are C doubles, and no multiplication is fused with an addition.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from market_maker.native_engine import MANIFEST, digest

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

GROUP = "market_maker_engine"
"""Name of the library that all modules share; it stands beside the package."""

FLAGS = "-O3 -ffp-contract=off"
SETUP = """\
import sys
from mypyc.build import mypycify
from setuptools import setup

modules = sys.argv.pop().split(",")
extensions = mypycify([*modules], opt_level="3", group_name={group!r})
setup(name={group!r}, ext_modules=extensions)
"""


def build(source: Path) -> None:
    """Build MODULES of the package in `source` in place. Raises SystemExit with one line."""
    compiler = os.environ.get("CC", "cc")
    if shutil.which(compiler) is None:
        sys.exit(f"error: a C compiler is needed, and there is no {compiler}: CC=gcc make native")
    remove(source)
    package = source / "market_maker"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "setup.py").write_text(SETUP.format(group=GROUP))
        names = ",".join(f"market_maker/{name}" for name in MODULES)
        setup = [f"{folder}/setup.py", "build_ext", "--inplace", f"--build-temp={folder}/temp"]
        done = subprocess.run(  # noqa: S603  ourselves
            [sys.executable, *setup, f"--build-lib={folder}/lib", names],
            cwd=source,
            env={**os.environ, "CFLAGS": f"{os.environ.get('CFLAGS', '')} {FLAGS}".strip()},
            capture_output=True,
            text=True,
            check=False,
        )
    shutil.rmtree(source / "build", ignore_errors=True)
    shutil.rmtree(source / ".mypy_cache", ignore_errors=True)
    if done.returncode != 0:
        remove(source)
        words = [line for line in (done.stdout + done.stderr).splitlines() if "error" in line]
        sys.exit("error: the engine was not built: " + " / ".join(words[-3:]))
    kept = {name: digest(package / name) for name in MODULES}
    (package / MANIFEST).write_text(json.dumps(kept, indent=1))


def remove(source: Path) -> None:
    """Remove what `build` made; the engine runs as Python again."""
    package = source / "market_maker"
    (package / MANIFEST).unlink(missing_ok=True)
    for name in MODULES:
        for extension in (package / name).parent.glob(f"{Path(name).stem}.*.so"):
            extension.unlink()
    for library in source.glob(f"{GROUP}__mypyc.*.so"):
        library.unlink()


def main() -> None:
    """The command line of both targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["build", "remove"])
    parser.add_argument("--source", type=Path, default=Path(__file__).parents[1] / "src")
    options = parser.parse_args()
    {"build": build, "remove": remove}[options.what](options.source.absolute())
    if options.what == "build":
        print("the engine is native now, in every command; `make interpreted` ends that")


if __name__ == "__main__":
    main()
