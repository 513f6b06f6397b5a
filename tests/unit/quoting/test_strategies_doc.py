"""docs/strategies.md names every strategy and every one of its parameters, and the figures that it
prints are those of the command it names."""

from pathlib import Path

import pytest

from market_maker.quoting import (
    avellaneda_stoikov,
    calibrated,
    glft,
    hyperliquid_simplified,
    inventory_aware,
    ladder,
    reference_glft,
    reference_hummingbot,
    smart,
    symmetric,
)
from market_maker.quoting.registry import STRATEGIES
from market_maker.research.glft_accuracy import accuracy

PAGE = (Path(__file__).parents[3] / "docs" / "strategies.md").read_text("utf-8")
SECTIONS = {part.partition("\n")[0]: part.partition("\n")[2] for part in PAGE.split("\n## ")[1:]}
MODULES = {
    "avellaneda_stoikov": avellaneda_stoikov,
    "calibrated": calibrated,
    "glft": glft,
    "hyperliquid_simplified": hyperliquid_simplified,
    "inventory_aware": inventory_aware,
    "ladder": ladder,
    "reference_glft": reference_glft,
    "reference_hummingbot": reference_hummingbot,
    "smart": smart,
    "symmetric": symmetric,
}


def test_every_strategy_has_a_section():
    assert sorted(MODULES) == sorted(STRATEGIES)
    assert [name for name in STRATEGIES if name not in SECTIONS] == []


@pytest.mark.parametrize("name", MODULES)
def test_every_parameter_is_described(name):
    fields = MODULES[name].Params.__struct_fields__
    assert [field for field in fields if f"`{field}`" not in SECTIONS[name]] == []


def test_the_printed_quotes_are_the_computed_ones():
    table = [line for line in SECTIONS["How exact are they"].splitlines() if line.startswith("| ")]
    printed = {int(cells[1]): cells[2:6] for cells in (row.split("|") for row in table[1:])}
    formulas = ("exact", "closed form", "Avellaneda-Stoikov", "Hyperliquid")
    for row in accuracy():
        if row.formula in formulas:
            cell = printed[row.lots][formulas.index(row.formula)]
            assert [float(word) for word in cell.split("/")] == pytest.approx(
                [row.bid, row.ask], abs=6e-5
            )
