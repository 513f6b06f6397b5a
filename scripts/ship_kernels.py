"""Compile the kernels for every machine of this kind, for a wheel to bring along; or remove that.

`make wheel`. What is compiled stands beside the sources, in the package's folders: a wheel that is
built then starts warm with the same version of Python, and with another one as any other wheel.
"""

import argparse
import sys
from pathlib import Path

from market_maker.research.engine_choice import no_kernel
from market_maker.research.kernel_cache import DECISION, VENUE, compile_kernel, prepare_venue
from market_maker.storage.kept_kernels import code_of, file_name, sealed

SOURCE = Path(__file__).parents[1] / "src"


def ship(source: Path) -> None:
    """Write the files of both packages. Raises SystemExit with one line."""
    if (other := no_kernel()) is not None:
        sys.exit(f"error: there is no decision kernel to ship: {other.why}")
    remove(source)
    prepare_venue()
    compile_kernel()
    for package in (VENUE, DECISION):
        folder_of(package, source).joinpath(file_name(package)).write_bytes(
            sealed(package, code_of(package))
        )


def remove(source: Path) -> None:
    """Remove what `ship` wrote, of whatever version."""
    for package in (VENUE, DECISION):
        for path in folder_of(package, source).glob("*.kernels"):
            path.unlink()


def folder_of(package: str, source: Path) -> Path:
    """Where the sources of a package stand."""
    return source.joinpath(*package.split("."))


def main() -> None:
    """The command line of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["ship", "remove"])
    parser.add_argument("--source", type=Path, default=SOURCE)
    options = parser.parse_args()
    {"ship": ship, "remove": remove}[options.what](options.source.absolute())


if __name__ == "__main__":
    main()
