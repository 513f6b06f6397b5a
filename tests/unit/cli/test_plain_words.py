"""What typer makes of a command line, with and without the words that need nothing."""

from pathlib import Path
from typing import Annotated

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.cli.plain_words import take_plain_words
from tests.examples import examples

UNREADABLE, PLACE, FILE = "unreadable", "place", "file"
WORDS = st.sampled_from(("", "x", "5", "-5", "1.5", "true", "é", ".", PLACE, FILE, UNREADABLE))
NAMES = (
    *(
        "text",
        "count",
        "ratio",
        "bounded",
        "path",
        "usual",
        "folder",
        "document",
        "there",
        "many",
        "flag",
    ),
    *("shouted", "parsed"),
)


def shouting(text: str) -> str:
    return text.upper()


def shouted_or_none(value: str | None) -> str | None:
    return value and value.upper()


def program(take):
    """A command with a parameter of every kind, and what it was called with."""
    called = []
    app = typer.Typer()

    @app.command()
    def command(
        first: Path,
        second: str = "two",
        *,
        text: str | None = None,
        count: int = 3,
        ratio: float = 0.5,
        bounded: Annotated[int, typer.Option(min=1, max=9)] = 4,
        path: Path | None = None,
        usual: Path = Path("here"),
        folder: Annotated[Path | None, typer.Option(file_okay=False)] = None,
        document: Annotated[Path | None, typer.Option(dir_okay=False)] = None,
        there: Annotated[Path | None, typer.Option(exists=True)] = None,
        many: list[str] | None = None,
        flag: bool = False,
        shouted: Annotated[str | None, typer.Option(callback=shouted_or_none)] = None,
        parsed: Annotated[str, typer.Option(parser=shouting)] = "soft",
    ):
        called.append(
            [
                *(first, second, text, count, ratio, bounded, path),
                *(usual, folder, document, there, many, flag, shouted, parsed),
            ]
        )

    made = typer.main.get_command(app)
    if take:
        take_plain_words(made)
    return made, called


def outcome(take, words):
    """What the command was called with, or how the words were refused."""
    made, called = program(take)
    try:
        made(words, "program", standalone_mode=False)
    except typer.TyperException as error:
        return type(error), error.format_message()
    return [(type(value), value) for value in called[0]]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("plain"))
        Path(PLACE).mkdir()
        Path(FILE).touch()
        Path(UNREADABLE).touch(0o200)
        yield


@given(
    st.lists(WORDS, max_size=3),
    st.lists(st.tuples(st.sampled_from(NAMES), WORDS), max_size=6),
)
@settings(max_examples=examples(200))
def test_every_value_and_every_refusal_is_as_typer_makes_it(positional, options):
    words = [f"--{name}" if name == "flag" else f"--{name}={word}" for name, word in options]
    words += ["--", *positional]
    assert outcome(take=True, words=words) == outcome(take=False, words=words)


def test_no_word_at_all_is_refused_as_typer_does():
    assert outcome(take=True, words=[]) == outcome(take=False, words=[])
