"""`market_maker`: finds the command, and turns every error into one line and an exit code.

Exit codes: 0 done, 1 the environment failed (venue, disk), 2 the request was wrong, 130
interrupted, 141 the reader of the output left; `run` has more, see docs/hyperliquid-maker.md. A bug
keeps its traceback.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

from market_maker.cli.commands import COMMANDS, CliCommand
from market_maker.cli.empty_paths import refusing_empty_paths
from market_maker.cli.maker_arguments import KEY_FLAG, arranged, without_key
from market_maker.cli.output_readers import OutputReaders, drop_unwritten
from market_maker.cli.plain_errors import one_line
from market_maker.cli.plain_words import take_plain_words
from market_maker.cli.refusals import explained, known_cause
from market_maker.cli.start import INTERRUPTED, lasting
from market_maker.model.errors import InvalidDataError, InvalidFieldError, MakerError

EXTRAS = {"numba": "research", "numpy": "research", "distributed": "cluster", "dask": "cluster"}
EXTRAS |= dict.fromkeys(("databento_dbn", "zstandard"), "databento")
"""The optional extra that each library belongs to."""
WITHOUT_A_COMMAND = (
    "Without a command, any option of `run` starts the Hyperliquid maker, such as: "
    "market_maker --asset BTC. Its options may also stand before the command."
)
KEY_VARIABLE = "HYPERLIQUID_PRIVATE_KEY"
UNREAD = 141
"""As shells say that SIGPIPE ended a program."""


def main() -> None:
    """The console entry point."""
    _hide_key(sys.argv[1:])
    sys.exit(run(sys.argv[1:]))


def _hide_key(arguments: list[str]) -> None:
    """Begin anew with a key from the command line in the environment: other users of the machine
    see a process's arguments, and not its environment."""
    if not any(word.partition("=")[0] == KEY_FLAG for word in arguments):
        return
    kept, key = without_key(arguments)
    if key is None:
        return
    print(
        f"warning: {KEY_FLAG} was in the list of processes for a moment; {KEY_VARIABLE} is not",
        file=sys.stderr,
        flush=True,
    )
    others = {name: text for name, text in os.environ.items() if name != f"{KEY_VARIABLE}_FILE"}
    again = [sys.executable, "-m", "market_maker", *kept]
    os.execve(sys.executable, again, {**others, KEY_VARIABLE: key})  # noqa: S606  ourselves


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    with OutputReaders() as readers:
        try:
            return _ended(arguments, readers)
        except BrokenPipeError:
            readers.hang_up()
            return UNREAD


def _ended(arguments: Sequence[str], readers: OutputReaders) -> int:
    """Raises BrokenPipeError where no one reads why it ended."""
    try:
        code = _with_extras(arranged(arguments) or ["--help"])
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except (typer.TyperException, MakerError, OSError, SystemExit, ExceptionGroup) as error:
        if (known := known_cause(error)) is None:
            raise
        if isinstance(known, BrokenPipeError) and readers.left():
            raise known from None
        drop_unwritten()
        return _refused(known, arguments)
    return code


def _refused(error: typer.TyperException | MakerError | OSError, arguments: Sequence[str]) -> int:
    message, code = explained(error)
    print("error: " + one_line(message, arguments), file=sys.stderr, flush=True)
    return code


def _with_extras(arguments: list[str]) -> int:
    """Raises InvalidDataError for what needs an extra that is not installed."""
    try:
        return _invoke(arguments)
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(error.name or "")
        if extra is None:
            raise
        remedy = f"pip install 'market_maker[{extra}]', in a checkout: make install"
        problem = f"needs {error.name}; install the extra: {remedy}"
        raise InvalidDataError(f"market_maker {arguments[0]}", problem) from None


def _invoke(arguments: list[str]) -> int:
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    if chosen is not None and chosen not in COMMANDS:
        raise InvalidFieldError("command", chosen, "one of " + ", ".join(COMMANDS))
    if chosen is not None and COMMANDS[chosen].trades:
        import_module("market_maker.native_engine").take(os.environ)
    app = typer.Typer(
        name="market_maker",
        help="A market-making platform: one engine, many venues.",
        epilog=WITHOUT_A_COMMAND,
        add_completion=False,
        callback=_root,
    )
    for name, command in COMMANDS.items():
        _add(app, name, command, load=name == chosen)
    program = take_plain_words(typer.main.get_command(refusing_empty_paths(app)))
    code = program(arguments, "market_maker", standalone_mode=False)
    return code if isinstance(code, int) else 0


def _add(app: typer.Typer, name: str, command: CliCommand, *, load: bool) -> None:
    target = _loaded(command) if load else _not_loaded
    if isinstance(target, typer.Typer):
        app.add_typer(target, name=name, help=command.summary, no_args_is_help=False)
    else:
        group = command.group or None
        app.command(name, help=command.summary, rich_help_panel=group)(target)


def _loaded(command: CliCommand) -> Any:
    with lasting():
        return getattr(import_module(command.module), command.attribute)


def _not_loaded() -> None:
    """Stand for a command in the list of commands."""


def _print_version(wanted: bool) -> None:
    if wanted:
        # Imported here: it is a third of what every command waits for before it begins.
        from importlib import metadata  # noqa: PLC0415

        typer.echo(f"market_maker {metadata.version('market_maker')}")
        raise typer.Exit


def _root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Take the options that stand before the command."""
