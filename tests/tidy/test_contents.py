"""The list of sections at the top of a long page leads to each of them."""

import re

from tests.tidy.tree import ROOT

LIST = re.compile(r"\[(\d+) ([^\]]+)\]\(#([^)]+)\)")


def anchor(heading: str) -> str:
    """As the forges make it: small letters, no punctuation, a hyphen for each space."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_runbooks_are_listed_in_their_order_under_the_titles_that_they_have() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith("**Sections.** ")]
    sections = re.findall(r"^## (\d+)\. (.+)$", text, re.MULTILINE)
    wanted = [(number, title, anchor(f"{number}. {title}")) for number, title in sections]
    assert LIST.findall(line) == wanted
    assert sections
