"""`market_maker kill`: halt engines over the control socket, whatever has become of HTTP."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from market_maker.model.errors import InvalidDataError, MakerError
from market_maker.serving.control_wire import ControlAnswer, ControlRequest, KilledPool, ask
from market_maker.serving.worker_folders import kill_folders
from market_maker.settings import DATA_DIR, settings_of

EXIT_OPEN = 1


def command(
    *,
    symbol: Annotated[str, typer.Option(help="One pool; all without it.")] = "",
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
    data_dir: Annotated[
        Path | None,
        typer.Option(file_okay=False, help=f"Of the service; MM_DATA_DIR, else {DATA_DIR}."),
    ] = None,
) -> None:
    """Every engine HALTED and every order cancelled, at once. Works without a token, when HTTP is
    exhausted, when the auth service is away and when the database is locked. Exits with 1 where
    orders may still be open."""
    folder = settings_of(os.environ, data_dir).data_dir
    answer = asked(folder, ControlRequest(command="kill", symbol=symbol, reason=reason))
    if answer.error:
        raise InvalidDataError(f"the service on {folder}", answer.error)
    for line in answer_lines(answer):
        typer.echo(line)
    if any(pool.unconfirmed or pool.error for pool in answer.pools):
        raise typer.Exit(EXIT_OPEN)


def asked(folder: Path, request: ControlRequest) -> ControlAnswer:
    """The answers of all processes that run engines, asked at the same time, as one. Raises as
    `ask` where none answers; one of several that does not answer is reported as a pool that may
    have open orders."""
    folders = kill_folders(folder)
    if len(folders) <= 1:
        return ask(folders[0] if folders else folder, request)
    with ThreadPoolExecutor(len(folders)) as threads:
        answers = list(threads.map(lambda each: _answer(each, request), folders))
    given = [answer for answer in answers if isinstance(answer, ControlAnswer)]
    lost = [answer for answer in answers if isinstance(answer, MakerError)]
    if not given:
        raise lost[0]
    if request.symbol:
        # It is one worker's; the others know no engine of it.
        given = [answer for answer in given if not answer.error] or given[:1]
    pools = [pool for answer in given for pool in answer.pools]
    pools += [
        _unreached(path, answer)
        for path, answer in zip(folders, answers, strict=True)
        if isinstance(answer, MakerError)
    ]
    error = "" if pools else next((answer.error for answer in given if answer.error), "")
    # Who did nothing has nothing to record.
    recorded = all(answer.recorded for answer in given if not answer.error)
    return ControlAnswer(error=error, recorded=recorded, pools=tuple(pools))


def _answer(folder: Path, request: ControlRequest) -> ControlAnswer | MakerError:
    try:
        return ask(folder, request)
    except MakerError as error:
        return error


def _unreached(folder: Path, error: MakerError) -> KilledPool:
    return KilledPool(
        symbol=f"worker {folder.name}",
        state="UNKNOWN",
        cancelled=0,
        still_open=0,
        unconfirmed=True,
        error=str(error),
    )


def _proof(pool: KilledPool) -> str:
    if not pool.unconfirmed:
        return "nothing is open"
    many = f"{pool.still_open} " if pool.still_open else ""
    return f"NOT PROVED: {many}orders may be open"


def answer_lines(answer: ControlAnswer) -> list[str]:
    """What it did, line by line."""
    lines = []
    for pool in answer.pools:
        whys = "".join(f"; {why}" for why in (pool.unproved, pool.error) if why)
        # A fill ends an order, too, and where the venue takes no cancel it is all that does.
        gone = f"{pool.cancelled} cancelled or filled"
        lines.append(f"{pool.symbol}  {pool.state}  {gone}, {_proof(pool)}{whys}")
    if not lines:
        lines.append("no engine runs: nothing to halt")
    if not answer.recorded:
        lines.append("not in the audit log yet: the database does not answer")
    return lines
