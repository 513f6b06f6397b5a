"""A dry run shows the ladder with its arithmetic, and changes nothing at the venue."""

import pytest

from market_maker.model.errors import VenueUnavailableError
from market_maker.standalone.dry_run import dry_run
from tests.unit.standalone.venue import CLOCK, Lines, actions_used, emulated, serving, settings_for

pytestmark = pytest.mark.anyio


@pytest.mark.slow
async def test_a_dry_run_shows_the_ladder_and_changes_nothing(tmp_path):
    lines, said = Lines(), []
    async with serving(emulated()) as url:
        await dry_run(settings_for(url, tmp_path), CLOCK, lines.log, said.append)
        text = "\n".join(said)
        assert await actions_used(url, tmp_path) == 0
    assert "would set leverage 20x cross -> 40x cross" in text
    assert "DRY RUN BTC: nothing was sent" in text
    assert [line[:4] for line in said if line.startswith(("BUY", "SELL"))] == (
        ["SELL"] * 5 + ["BUY "] * 5
    )
    for word in ("gamma", "kappa", "sigma", "spread", "skew", "size"):
        assert f"\n{word} " in text


async def test_a_market_that_is_too_quiet_to_warm_up_is_one_line(tmp_path):
    async with serving(emulated()) as url:
        settings = settings_for(url, tmp_path, min_trades=90_000)
        with pytest.raises(VenueUnavailableError, match=r"no ladder within 1 s: .*90000 trades"):
            await dry_run(settings, CLOCK, Lines().log, lambda _line: None, 1.0)
