"""An empty value of a path, of whatever option of whatever command, is refused by its name."""

from pathlib import Path
from typing import get_args

import pytest

from market_maker.cli.main import COMMANDS, run
from market_maker.cli.refusals import EXIT_USAGE
from tests.unit.cli.test_wrong_values import options_of


def is_path(parameter):
    annotation = parameter.type_descriptor.annotation
    return any(issubclass(kind, Path) for kind in get_args(annotation) or (annotation,))


def ways(option):
    """Of typing no value."""
    if not option.startswith("-"):
        return ([""],)
    return ([option, ""], [f"{option}="]) if option.startswith("--") else ([option, ""],)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_path_of_a_command_refuses_it(capsys, name):
    for words, parameter in options_of(name):
        for given in ways(parameter.opts[0]) if is_path(parameter) else ():
            line = [*words, *given, "--help"]  # which a command that takes it would print
            assert run(line) == EXIT_USAGE, line
            expected = f"error: Invalid value for {parameter.get_error_hint()}: the value is empty"
            assert capsys.readouterr().err.startswith(expected), line


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (["sweep", "a.mmrec", "", "-o", "x"], "'recordings'"),
        (["compare", "a.mmrec", "--lead", "b.mmrec", "--lead", ""], "'--lead'"),
    ],
)
def test_one_that_is_empty_among_several_is_refused(capsys, line, hint):
    assert run(line) == EXIT_USAGE
    assert f"{hint}: the value is empty" in capsys.readouterr().err


def test_paths_are_found():
    found = {(*words, each.opts[0]) for words, each in options_of("audit") if is_path(each)}
    assert ("audit", "verify", "--anchors") in found
