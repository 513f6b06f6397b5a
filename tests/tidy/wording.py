"""Words that a reader of messages, help, docstrings and comments has to guess the meaning of."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.tidy.tree import ROOT

REFUSED = {
    r"told|tells?": "reports, is called with, shows, distinguishes",
    r"looks?(?! up)|looked(?! up)|looking(?! up)": "reads, checks, uses, resembles",
    r"somebody|someone|nobody|anybody|anyone|everybody|everyone|whoever": "the actor's name",
    r"gives|gave(?! up)": "returns, has",
    r"hears?|heard|speaks?|spoke": "receives, reports, is reachable",
    r"believe[sd]?": "accepts, counts",
    r"wish|wish(?:es|ed)": "request, quote",
    r"roads?": "connection, gateway, path",
    r"such thing": "not found",
    r"stations?|sentinels?|backrooms?": "the glossary's word",
}
"""A pattern of refused words, and what is written instead."""

_ANY = re.compile(rf"\b(?:{'|'.join(REFUSED)})\b", re.IGNORECASE)
_TEST = re.compile(r"\s*(?:async )?def (test_\w+)")
_CODE = re.compile(r"`[^`]*`|\{[^{}]*\}")
_TEXTS = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


class Found(NamedTuple):
    """A refused word and its place."""

    where: str
    word: str


def refused_words(path: Path) -> Iterator[Found]:
    """Those in the sentences of a Python file: docstrings, comments, messages, help."""
    text = path.read_text("utf-8")
    if _ANY.search(text) is None:
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _TEXTS and " " in token.string.strip():
            yield from _in_lines(token.string, _name(path), token.start[0])


def refused_in_prose(path: Path) -> Iterator[Found]:
    """Those in a document, code left out."""
    text = re.sub(r"```.*?```", _blank, path.read_text("utf-8"), flags=re.DOTALL)
    yield from _in_lines(text, _name(path), 1)


def refused_in_names(path: Path) -> Iterator[Found]:
    """Those in the names of tests, whose words stand between underscores."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if name := _TEST.match(line):
            for match in _ANY.finditer(name[1].replace("_", " ")):
                yield Found(f"{_name(path)}:{number}", match[0])


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def _in_lines(text: str, name: str, first: int) -> Iterator[Found]:
    lines = re.sub(_CODE, _blank, text).splitlines()
    for number, line in enumerate(lines, first):
        for match in _ANY.finditer(line):
            yield Found(f"{name}:{number}", match[0])


def _blank(match: re.Match[str]) -> str:
    """Nothing but the line breaks, so that numbers of lines stay."""
    return "\n" * match[0].count("\n")
