"""docs/architecture.md names every room, and the layers that import-linter holds."""

import re
import tomllib

from tests.tidy.tree import PACKAGE, ROOT

TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
NOT_ROOMS = {"__init__.py", "__main__.py", "__pycache__", "native", "panel", "py.typed"}
"""The panel and the native engine are built into the package, and their sources stand beside it."""


def layers() -> list[str]:
    """As import-linter reads them, the topmost first."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = [
        each for each in config["tool"]["importlinter"]["contracts"] if each["type"] == "layers"
    ]
    return [re.sub(r"[()]", "", layer) for layer in contract["layers"]]


def test_the_page_shows_the_layers_that_are_checked() -> None:
    blocks = re.findall(r"^```\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert layers() in [block.splitlines() for block in blocks]


def test_the_page_says_of_each_room_what_is_in_it() -> None:
    (rooms,) = [
        block
        for block in re.findall(r"^```\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
        if block.startswith("src/market_maker/\n")
    ]
    named = set(re.findall(r"^ {2}(\w+(?:/|\.py))", rooms, re.MULTILINE))
    there = {path.name + "/" * path.is_dir() for path in PACKAGE.iterdir()}
    there = {name for name in there if name.rstrip("/") not in NOT_ROOMS}
    assert named == there
