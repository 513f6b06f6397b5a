"""`market_maker audit`: replays the journal and verifies every decision."""

import os
from pathlib import Path
from typing import Annotated

import typer

from market_maker.cli import audit_log
from market_maker.cli.moments import spoken
from market_maker.journaling.journal_files import JOURNAL_FOLDER, SegmentEnd, segments
from market_maker.journaling.journal_replay import TurnDifference, replay_segment
from market_maker.model.actions import Action
from market_maker.model.errors import InvalidDataError, NotFoundError
from market_maker.settings import DATA_DIR, settings_of

EXIT_DIFFERENT = 1

app = typer.Typer(no_args_is_help=True)

DataDir = Annotated[
    Path | None,
    typer.Option(file_okay=False, help=f"Of the service; MM_DATA_DIR, else {DATA_DIR}."),
]


@app.callback()
def _root() -> None:
    """Replay the journal and verify every decision."""


app.command("verify")(audit_log.command)
app.command("head")(audit_log.head)


@app.command("replay")
def replay(
    *,
    symbol: Annotated[str | None, typer.Option(help="One pool; all without it.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Run every journaled turn again and compare what the engine does with what it did."""
    folder = settings_of(os.environ, data_dir).data_dir / JOURNAL_FOLDER
    paths = segments(folder, symbol)
    if not paths:
        whose = f"of {symbol} " if symbol else ""
        raise NotFoundError("journal", None, f"{whose}in {folder}")
    agreed = different = unreadable = cut = 0
    for path in paths:
        try:
            done = replay_segment(path)
        except InvalidDataError as error:
            unreadable += 1
            typer.echo(f"{path.parent.name}  {path.name}  cannot be replayed: {error.problem}")
            continue
        agreed += done.agreed
        typer.echo(f"{done.symbol}  {path.name}  {done.agreed:>8,} turns agree{_ENDS[done.end]}")
        cut += done.end is SegmentEnd.CUT
        if done.difference is not None:
            different += 1
            _show(done.difference, done.build)
    typer.echo(
        f"{len(paths)} segments, {agreed:,} turns agree, {different} segments differ, "
        f"{unreadable} cannot be replayed, {cut} are cut off"
    )
    if different or unreadable or cut:
        raise typer.Exit(EXIT_DIFFERENT)


_ENDS = {
    SegmentEnd.CLOSED: "",
    SegmentEnd.OPEN: "; not closed: it is still written, or its process was killed",
    SegmentEnd.CUT: "; CUT OFF in the middle of a frame: what came after is missing",
}


def _show(difference: TurnDifference, build: str) -> None:
    typer.echo(f"  turn {difference.number} at {spoken(difference.now)} differs (build {build})")
    if difference.failure:
        typer.echo(f"    today it fails: {difference.failure}")
    pairs = zip(
        _padded(difference.recorded, difference.replayed),
        _padded(difference.replayed, difference.recorded),
        strict=True,
    )
    for then, now in pairs:
        if then != now:
            typer.echo(f"    then: {then}")
            typer.echo(f"    now:  {now}")
            return


def _padded(actions: tuple[Action, ...], other: tuple[Action, ...]) -> list[Action | None]:
    return [*actions, *[None] * (len(other) - len(actions))]
