"""The options of the Hyperliquid maker: before the command or behind it, and on several commands.

Source: SOP sections 4.3 and 5; design ruling "Command line".
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import fields_of
from market_maker.standalone.settings import CONFIG_NAME, OPTIONS, MakerSettings, Option
from market_maker.standalone.sources import Settled, Sources, settle

RUN = "run"
COMMANDS = (RUN, "status", "validate-config", "generate-config", "record")
"""Commands of the maker; they take its options on either side."""

CONFIG_FLAGS = ("-c", "--config")
RUN_SWITCHES = ("--dry-run", "--paper", "--list-dexs")
RUN_VALUES = ("--seconds",)
ROOT_SWITCHES = ("--help", "--version")
KEY_FLAG = "--private-key"

_VALUES = {
    *(option.flag for option in OPTIONS if option.flag and not option.is_switch),
    *CONFIG_FLAGS,
    *RUN_VALUES,
}
_SWITCHES = {*(option.flag for option in OPTIONS if option.is_switch), *RUN_SWITCHES}


class MakerArguments(Struct, frozen=True):
    """What the command line contained: the file, whether it was named, and settings by field."""

    config: Path
    named: bool
    flags: Mapping[str, str]

    @property
    def anything(self) -> bool:
        """Whether any option of the maker was given."""
        return self.named or bool(self.flags)

    def settle(self, environ: Mapping[str, str]) -> Settled:
        """With the other sources. Raises DomainErrors."""
        return settle(Sources(self.flags, environ, self.config, self.named))


def arranged(arguments: Sequence[str]) -> list[str]:
    """The command first, then its options; `run` where only options of it are given. Raises
    InvalidFieldError for an option that stands first and is none, or is not the command's."""
    leading = _leading(arguments)
    if not leading or any(word in ROOT_SWITCHES for word in leading):
        return list(arguments)
    rest = list(arguments[len(leading) :])
    command = rest.pop(0) if rest else RUN
    if command not in COMMANDS:
        allowed = f"before one of {', '.join(COMMANDS)}, or without a command"
        raise InvalidFieldError("option", leading[0], allowed)
    return [command, *leading, *rest]


def _leading(arguments: Sequence[str]) -> list[str]:
    """The options before the command, with their values."""
    found: list[str] = []
    words = iter(arguments)
    for word in words:
        if not word.startswith("-"):
            break
        flag, equals, _ = word.partition("=")
        if flag not in {*_VALUES, *_SWITCHES, *ROOT_SWITCHES}:
            near = get_close_matches(flag, (*_VALUES, *_SWITCHES), 1, 0.5)
            allowed = f"the nearest is {near[0]}" if near else "see market_maker run --help"
            raise InvalidFieldError("option", flag, allowed)
        found.append(word)
        if flag in _VALUES and not equals:
            value = next(words, None)
            found += [] if value is None else [value]
    return found


def without_key(arguments: Sequence[str]) -> tuple[list[str], str | None]:
    """The arguments without a private key among them, and that key: other users of the machine
    see arguments in the list of processes."""
    kept: list[str] = []
    key: str | None = None
    words = iter(arguments)
    for word in words:
        flag, equals, value = word.partition("=")
        if flag == KEY_FLAG:
            key = value if equals else next(words, None)
        else:
            kept.append(word)
    return kept, key


def maker_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add every option of the maker to a command; it takes them as `given`."""
    own = [
        parameter
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "given"
    ]

    @wraps(command)
    def with_options(**values: Any) -> None:
        config = values.pop("config")
        flags = {}
        for option in _FLAGGED:
            value = values.pop(option.field)
            if value is not None and value is not False:
                flags[option.field] = "true" if value is True else value
        command(given=MakerArguments(config or CONFIG_NAME, config is not None, flags), **values)

    added = [_CONFIG, *map(_parameter, _FLAGGED)]
    with_options.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
    with_options.__annotations__ = {p.name: p.annotation for p in (*own, *added)}
    return with_options


_FLAGGED = tuple(option for option in OPTIONS if option.flag)


def _parameter(option: Option) -> inspect.Parameter:
    field = fields_of(MakerSettings)[option.field]
    kind: Any = bool if option.is_switch else str | None
    words = f"{field.meaning} [{option.variable}]"
    typed = typer.Option(
        option.flag,
        metavar=None if option.is_switch else option.kind,
        help=words,
        show_default=False,
        rich_help_panel="Settings, instead of the file's",
    )
    return _keyword(
        option.field, Annotated[kind, typed], default=False if option.is_switch else None
    )


def _keyword(name: str, annotation: Any, *, default: object) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


_CONFIG = _keyword(
    "config",
    Annotated[
        Path | None,
        typer.Option(*CONFIG_FLAGS, help=f"The configuration file; {CONFIG_NAME} if not given."),
    ],
    default=None,
)
