"""A wrong value of any option of any command is refused in our words, with what is allowed."""

from enum import Enum
from importlib import import_module
from typing import get_args

import pytest
import typer

from market_maker.cli.main import COMMANDS, run
from market_maker.cli.refusals import EXIT_USAGE

WRONG = {int: ("abc", "1.5"), float: ("abc",), Enum: ("nope",)}
"""Of every type whose values the command line parses; text and paths are read by the commands."""
OF_A_LIBRARY = ("Input should", "unable to parse", "Unable to parse", "Value error", "a valid ")


def leaves(command, words):
    """Every command line that there is, as far as its options, and those."""
    for name, each in getattr(command, "commands", {}).items():
        yield from leaves(each, [*words, name])
    if not hasattr(command, "commands"):
        yield words, [each for each in command.params if not getattr(each, "is_flag", False)]


def options_of(name):
    """Each option of a command and of those below it, with the words before it."""
    app, place = typer.Typer(), COMMANDS[name]
    target = getattr(import_module(place.module), place.attribute)
    if isinstance(target, typer.Typer):
        app = target
    else:
        app.command(name)(target)
    for words, parameters in leaves(typer.main.get_command(app), [name]):
        yield from ((words, each) for each in parameters)


def wrong_values(parameter):
    """Values that it cannot take."""
    annotation = parameter.type_descriptor.annotation
    kind = (get_args(annotation) or (annotation,))[0]
    told = parameter.type_descriptor.parameter_info
    beyond = [
        f"{bound + step}" for bound, step in ((told.min, -1), (told.max, 1)) if bound is not None
    ]
    return [
        *(text for known, texts in WRONG.items() if issubclass(kind, known) for text in texts),
        *beyond,
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_refuses_it_in_our_words(capsys, name):
    for words, parameter in options_of(name):
        option = parameter.opts[0]
        for value in wrong_values(parameter):
            line = [*words, f"{option}={value}"] if option.startswith("-") else [*words, value]
            assert run(line) == EXIT_USAGE, line
            error = capsys.readouterr().err
            assert error.startswith(f"error: Invalid value for '{option}': {value!r} is not "), line
            assert not [each for each in OF_A_LIBRARY if each in error], line


def test_options_that_hold_numbers_are_found():
    found = {(*words, each.opts[0]): wrong_values(each) for words, each in options_of("emulate")}
    assert {"abc", "-1", "65536"} <= set(found["emulate", "hyperliquid", "--port"])
    assert "2" in found["emulate", "exchange", "--errors"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            ["emulate", "hyperliquid", "--port", "abc"],
            "'abc' is not a whole number from 0 to 65535",
        ),
        (["emulate", "wallet", "--delay-ms", "-1"], "'-1' is not a whole number of at least 0"),
        (
            ["emulate", "hyperliquid", "--clock-ahead", "nan"],
            "'nan' is not a number from -31622400",
        ),
        (["explain", "X", "--order", "x"], "'x' is not a whole number"),
    ],
    ids=str,
)
def test_what_is_allowed_is_said(capsys, line, said):
    assert run(line) == EXIT_USAGE
    assert f"error: Invalid value for '{line[-2]}': {said}" in capsys.readouterr().err


def test_a_very_long_one_is_cut(capsys):
    assert run(["explain", "X", "--order", "x" * 5_000]) == EXIT_USAGE
    error = capsys.readouterr().err
    assert error.endswith("… is not a whole number\n")
    assert len(error) < 200
