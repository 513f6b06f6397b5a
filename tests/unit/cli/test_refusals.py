"""What is said of an error: the field, the value, what is allowed, in our words."""

import errno
import os

import pytest
import typer

from market_maker.cli.main import run
from market_maker.cli.refusals import EXIT_FAILED, EXIT_USAGE, explained, known_cause
from market_maker.model.errors import InvalidDataError


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["import", "--format", "nope", "x", "-o", "y"], "error: Invalid value for '--format': 'n"),
        (["sweep", "--seed", "x", "y"], "'x'"),
        (["replay", "x", "--seed", "1.5"], "'1.5'"),
        (["compare", "x", "--jobs", "many"], "'many'"),
    ],
    ids=str,
)
def test_a_wrong_value_is_refused_in_our_words(capsys, line, told):
    assert run(line) == EXIT_USAGE
    error = capsys.readouterr().err
    assert told in error
    assert "Value error" not in error
    assert "pydantic" not in error


def test_a_full_disk_is_no_ones_fault_who_asked():
    full = OSError(errno.ENOSPC, "No space left on device", "x.mmrec")
    assert explained(full) == ("x.mmrec: cannot be written: no space left on device", EXIT_FAILED)


def test_a_file_that_is_not_there_is_named():
    missing = FileNotFoundError(errno.ENOENT, "No such file or directory", "x")
    assert explained(missing) == ("x: No such file or directory", EXIT_USAGE)


def test_errors_of_ours_keep_their_words():
    assert explained(InvalidDataError("x", "is none"))[1] == EXIT_USAGE
    assert explained(typer.TyperException("no"))[1] == EXIT_USAGE


@pytest.mark.parametrize("number", [errno.ENAMETOOLONG, errno.ELOOP])
def test_a_path_that_cannot_be_is_named_without_the_numbers_of_the_system(number):
    """`[Errno 36] File name too long`, with the code of a failure of ours."""
    error = OSError(number, os.strerror(number), "/there/is/none")
    assert explained(error) == (f"/there/is/none: {os.strerror(number)}", EXIT_USAGE)


def test_a_librarys_end_of_the_program_is_the_broken_pipe_that_it_was_for():
    broken = BrokenPipeError(errno.EPIPE, "Broken pipe")
    end = SystemExit(1)
    assert known_cause(end) is None
    end.__context__ = broken
    assert known_cause(end) is broken
    assert known_cause(ExceptionGroup("", [ExceptionGroup("", [broken])])) is broken
    assert known_cause(ExceptionGroup("", [broken, AssertionError()])) is None
