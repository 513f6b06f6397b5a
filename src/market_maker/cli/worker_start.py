"""Where a worker's process begins: which form of the engine it runs is settled before anything that
imports one is read."""

import os
import sys

from market_maker.model.errors import MakerError
from market_maker.native_engine import take

REFUSED = 2
"""As the worker's own; its module imports an engine."""


def main() -> int:
    """Its exit code."""
    try:
        take(os.environ)
    except MakerError as error:
        print(f"error: {error}", file=sys.stderr)
        return REFUSED
    # Imported here: it imports an engine.
    from market_maker.cli.worker import main as work  # noqa: PLC0415

    return work(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
