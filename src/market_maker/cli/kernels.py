"""`market_maker kernels`: what replays run on, compiled before the first of them."""

from typing import Annotated

import typer

from market_maker.model.errors import InvalidDataError
from market_maker.research.engine_choice import NOTHING_KEPT, no_kernel
from market_maker.research.kernel_cache import (
    is_compiled,
    is_venue_compiled,
    prepare_beside,
    prepare_kernel,
    prepare_venue,
    where_kept,
)

READY, COMPILED = "there already", "compiled"


def command(
    no_wait: Annotated[
        bool,
        typer.Option(
            "--no-wait", help="Have the decision kernel compiled beside, behind all else."
        ),
    ] = False,
) -> None:
    """Compile what replays run on: the replay venue, some seconds, and the decision kernel, which
    takes longer. Both are kept beside the installed package, or in the user's own folder of caches
    where that may not be written to; NUMBA_CACHE_DIR names another folder."""
    folder = where_kept()
    if folder is None:
        raise InvalidDataError("kernels", NOTHING_KEPT)
    said = READY if is_venue_compiled() else COMPILED
    prepare_venue()
    typer.echo(f"replay venue: {said}")
    typer.echo(f"decision kernel: {_decision(no_wait=no_wait)}")
    typer.echo(f"kept in {folder.parent if folder.name == '__pycache__' else folder}")


def _decision(*, no_wait: bool) -> str:
    if (other := no_kernel()) is not None:
        return f"none, {other.why}"
    if is_compiled():
        return READY
    if no_wait:
        prepare_beside()
        return "is being compiled beside; until it is there, replays are decided in Python"
    prepare_kernel(wait=True)
    return COMPILED
