"""An option or an argument that is a path, and whose value is empty, is refused by its name.

To a Path the empty text is the folder where the command runs: a variable of a shell that is not
set would be read or written there, and what is said about it would be about `.`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption
from typing_extensions import override

EMPTY = "the value is empty; name a file or a folder, the one here is ."


class CommandOfPaths(TyperCommand):
    """A command that refuses an empty path before any value is converted."""

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See TyperCommand. Raises BadParameter."""
        given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        for each in self.params:
            if not isinstance(each, TyperOption | TyperArgument) or not _is_path(each):
                continue
            value = given.get(each.name)
            if "" in (value if isinstance(value, list | tuple) else [value]):
                raise typer.BadParameter(EMPTY, ctx=ctx, param=each)
        return super().parse_args(ctx, args)


def refusing_empty_paths(app: typer.Typer) -> typer.Typer:
    """The same, and so do its commands and those of what is below it."""
    for command in app.registered_commands:
        command.cls = CommandOfPaths
    for group in app.registered_groups:
        if group.typer_instance is not None:
            refusing_empty_paths(group.typer_instance)
    return app


def _is_path(parameter: TyperOption | TyperArgument) -> bool:
    annotation = parameter.type_descriptor.annotation
    kinds: Iterable[object] = get_args(annotation) or (annotation,)
    return any(isinstance(kind, type) and issubclass(kind, Path) for kind in kinds)
