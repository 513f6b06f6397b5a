"""Values of a command line that need nothing done to them: text, paths, and what was not given.

typer has pydantic make every value, also one that stays as it is. To load pydantic takes longer
than most of what a command does before it begins; so a value that is what it should be goes past
it, and any other one, and every refusal, is typer's as before.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

import typer
from typer.core import TyperArgument, TyperGroup, TyperOption
from typing_extensions import override

_NOT_READY = object()


class _PlainOption(TyperOption):
    @override
    def process_value(self, ctx: Any, value: Any) -> Any:
        if (ready := _ready(self, value)) is _NOT_READY:
            return super().process_value(ctx, value)
        return ready if self.callback is None else self.callback(ctx, self, ready)


class _PlainArgument(TyperArgument):
    @override
    def process_value(self, ctx: Any, value: Any) -> Any:
        if (ready := _ready(self, value)) is _NOT_READY:
            return super().process_value(ctx, value)
        return ready if self.callback is None else self.callback(ctx, self, ready)


def take_plain_words(command: Any) -> Any:
    """The same command of typer's, or group of commands, whose parameters take plain words as they
    are."""
    parts: Iterable[Any] = command.commands.values() if isinstance(command, TyperGroup) else ()
    for part in parts:
        take_plain_words(part)
    for parameter in command.get_params(typer.Context(command)):  # --help among them
        # typer makes them, and of no class but its own.
        if type(parameter) is TyperOption:
            parameter.__class__ = _PlainOption
        elif type(parameter) is TyperArgument:
            parameter.__class__ = _PlainArgument
    return command


def _ready(parameter: TyperOption | TyperArgument, value: Any) -> Any:
    """What typer would make of `value`; _NOT_READY where it has to be asked."""
    rules: Any = parameter.type_descriptor.parameter_info
    kind = parameter.type_descriptor.annotation
    single = parameter.nargs == 1 and not getattr(parameter, "multiple", False)
    if not single or rules.parser is not None:
        return _NOT_READY
    if value is None:
        return _NOT_READY if parameter.required else None
    if kind is Path and isinstance(value, str):
        return _path(rules, Path(value))
    bounded = rules.min is not None or rules.max is not None
    return (
        value if kind in (str, int, float) and type(value) is kind and not bounded else _NOT_READY
    )


def _path(rules: typer.models.ParameterInfo, path: Path) -> Any:
    if rules.writable or rules.resolve_path or rules.allow_dash or rules.path_type is not None:
        return _NOT_READY
    try:
        mode = path.stat().st_mode
    except OSError:
        return _NOT_READY if rules.exists else path  # else its reader says what is missing
    fits = (rules.dir_okay or not S_ISDIR(mode)) and (rules.file_okay or not S_ISREG(mode))
    return path if fits and os.access(path, os.R_OK) else _NOT_READY
