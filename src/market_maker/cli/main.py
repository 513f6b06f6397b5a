"""`market_maker`: finds the command, and turns every error into one line and an exit code.

Exit codes: 0 done, 1 the environment failed (venue, disk, the reader of the output), 2 the request
was wrong, 130 interrupted; `run` has more, see docs/hyperliquid-maker.md. A bug keeps its
traceback.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from msgspec import Struct

from market_maker.cli.empty_paths import refusing_empty_paths
from market_maker.cli.maker_arguments import KEY_FLAG, arranged, without_key
from market_maker.cli.plain_errors import one_line
from market_maker.cli.plain_words import take_plain_words
from market_maker.cli.refusals import EXIT_FAILED, explained
from market_maker.cli.start import INTERRUPTED, lasting
from market_maker.model.errors import (
    InvalidDataError,
    InvalidFieldError,
    MakerError,
)

EXTRAS = {"numba": "research", "numpy": "research", "distributed": "cluster", "dask": "cluster"}
EXTRAS |= dict.fromkeys(("databento_dbn", "zstandard"), "databento")
"""The optional extra that each library belongs to."""
WITHOUT_A_COMMAND = (
    "Without a command, any option of `run` starts the Hyperliquid maker, such as: "
    "market_maker --asset BTC. Its options may also stand before the command."
)
WITH_ENGINE = frozenset(
    (
        "audit",
        "compare",
        "demo",
        "estimates",
        "explain",
        "fair-price",
        "parity",
        "preview",
        "replay",
        "run",
        "serve",
        "simulate",
        "try-hyperliquid",
        "walk",
    )
)
"""Commands that run an engine, which must be the one that is read. None that stops quoting."""
KEY_VARIABLE = "HYPERLIQUID_PRIVATE_KEY"


class CliCommand(Struct, frozen=True):
    """Where a command lives. Its module is imported only when it is called, because some of
    them bring numba, and `--help` should answer at once."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "audit": CliCommand(
        "market_maker.cli.audit",
        "app",
        "Replay the journal and verify every decision.",
    ),
    "backup": CliCommand(
        "market_maker.cli.backup",
        "backup",
        "Copy the database and the files beside it while the service runs.",
    ),
    "compare": CliCommand(
        "market_maker.cli.compare",
        "command",
        "Replay several strategies on one recording and say which does better, and how surely.",
    ),
    "db": CliCommand("market_maker.cli.db", "app", "Check or upgrade the schema of the database."),
    "demo": CliCommand(
        "market_maker.cli.demo",
        "command",
        "Quote on the sandbox exchange in real time: no account, no server.",
    ),
    "emulate": CliCommand(
        "market_maker.cli.emulate",
        "app",
        "Run an outside service in a process of its own, to develop and test against.",
    ),
    "estimates": CliCommand(
        "market_maker.cli.estimates",
        "command",
        "Run every estimator over a recording and print what each says at its end.",
    ),
    "explain": CliCommand(
        "market_maker.cli.explain",
        "command",
        "Say what a pool knew at a moment, what it quoted and why, and what it sent.",
    ),
    "fair-price": CliCommand(
        "market_maker.cli.fair_price",
        "command",
        "Say how much of the mid's next moves each source of fair foretells.",
    ),
    "generate-config": CliCommand(
        "market_maker.cli.generate_config",
        "command",
        "Write a configuration file of the Hyperliquid maker, every option documented.",
    ),
    "import": CliCommand(
        "market_maker.cli.import_",
        "command",
        "Turn captured market data into a recording.",
    ),
    "kernels": CliCommand(
        "market_maker.cli.kernels",
        "command",
        "Compile what replays run on, before the first of them.",
    ),
    "kill": CliCommand(
        "market_maker.cli.kill",
        "command",
        "Halt every engine, or one, of the service on this machine, without HTTP.",
    ),
    "ledger": CliCommand(
        "market_maker.cli.ledger",
        "app",
        "Check the ledger against everything that it was posted from.",
    ),
    "openapi": CliCommand(
        "market_maker.cli.openapi",
        "command",
        "Print the OpenAPI description of the REST API.",
    ),
    "outbox": CliCommand(
        "market_maker.cli.outbox",
        "app",
        "List unpublished outbox events; release parked ones.",
    ),
    "parked": CliCommand(
        "market_maker.cli.parked",
        "command",
        "List messages of the exchange's topics that could not be read, and why.",
    ),
    "parity": CliCommand(
        "market_maker.cli.parity",
        "command",
        "Say how far a pool's live result is from a replay of its market, and why.",
    ),
    "preview": CliCommand(
        "market_maker.cli.preview",
        "command",
        "Show the ladder a configuration would quote, and what each parameter does to it.",
    ),
    "record-sandbox": CliCommand(
        "market_maker.cli.record_sandbox",
        "command",
        "Record the sandbox exchange: a recording to replay without a capture.",
    ),
    "queue-models": CliCommand(
        "market_maker.cli.queue_models",
        "command",
        "Say how far the queue models are from the truth of market-by-order data.",
    ),
    "record": CliCommand(
        "market_maker.cli.record",
        "command",
        "Record a live market of Hyperliquid into recordings.",
    ),
    "replay": CliCommand(
        "market_maker.cli.replay",
        "command",
        "Run the engine against a recording and say how well it did.",
    ),
    "revoke": CliCommand(
        "market_maker.cli.revoke",
        "command",
        "Revoke a token, or all tokens of a subject.",
    ),
    "restore": CliCommand(
        "market_maker.cli.backup",
        "restore",
        "Bring a backup back into an empty data directory or database.",
    ),
    "schemas": CliCommand(
        "market_maker.cli.schemas",
        "app",
        "Register the schemas of published events, or check them.",
    ),
    "run": CliCommand(
        "market_maker.cli.run",
        "command",
        "Make a market on Hyperliquid: a pool of one, from the command line.",
    ),
    "serve": CliCommand(
        "market_maker.cli.serve",
        "command",
        "Serve the REST API and run the pools.",
    ),
    "settle": CliCommand(
        "market_maker.cli.settle",
        "command",
        "Close a month: one settlement for each participant.",
    ),
    "simulate": CliCommand(
        "market_maker.cli.simulate",
        "app",
        "Reproduce published results, or let a month of trading pass in minutes.",
    ),
    "statement": CliCommand(
        "market_maker.cli.statement",
        "command",
        "Show or write what a settlement was made from.",
    ),
    "status": CliCommand(
        "market_maker.cli.status",
        "command",
        "Show what the Hyperliquid account has: position, money, orders, margin, leverage.",
    ),
    "sweep": CliCommand(
        "market_maker.cli.sweep",
        "command",
        "Replay many configurations on recordings and say which does better, and how surely.",
    ),
    "token": CliCommand(
        "market_maker.cli.token",
        "command",
        "Print a development token for the service's REST API.",
    ),
    "try-hyperliquid": CliCommand(
        "market_maker.cli.try_hyperliquid",
        "command",
        "Run the Hyperliquid maker on an emulated venue, with a throw-away key.",
    ),
    "validate-config": CliCommand(
        "market_maker.cli.validate_config",
        "command",
        "Print every setting of the service or the maker, its origin and whether it will do.",
    ),
    "wait": CliCommand("market_maker.cli.wait", "command", "Wait until the service is ready."),
    "watch": CliCommand(
        "market_maker.cli.watch_stream",
        "command",
        "Show the pools of a running service, live, in a terminal.",
    ),
    "watchdog": CliCommand(
        "market_maker.cli.watchdog",
        "command",
        "Watch the service on this machine, and cancel at the venue when it dies or hangs.",
    ),
    "walk": CliCommand(
        "market_maker.cli.walk",
        "command",
        "Start the service, lead it through its runbook, and watch it quote.",
    ),
}


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
    try:
        code = _with_extras(arranged(arguments) or ["--help"])
        sys.stdout.flush()
    except BrokenPipeError:
        return _hang_up()
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except (typer.TyperException, MakerError, OSError) as error:
        return _refused(error, arguments)
    except ExceptionGroup as group:
        if (first := first_known(group)) is None:
            raise
        return _refused(first, arguments)
    return code


def first_known(group: ExceptionGroup[Exception]) -> MakerError | OSError | None:
    """The first error of tasks that ran side by side, if none of them is a bug."""
    known = group.subgroup((MakerError, OSError))
    if known is None or group.split((MakerError, OSError))[1] is not None:
        return None
    first: Exception = known
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, MakerError | OSError) else None


def _refused(error: typer.TyperException | MakerError | OSError, arguments: Sequence[str]) -> int:
    message, code = explained(error)
    print("error: " + one_line(message, arguments), file=sys.stderr)
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
    if chosen in WITH_ENGINE:
        import_module("market_maker.native_engine").engine_form()
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
        app.command(name, help=command.summary)(target)


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


def _hang_up() -> int:
    # The interpreter flushes standard output once more at exit; redirect it.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_FAILED
