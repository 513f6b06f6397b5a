"""The page of estimates: a chart where something was estimated, words where nothing was."""

import numpy as np

from market_maker.research.estimates_page import CHARTS, render
from market_maker.research.estimating import EstimatesReport, History

SECONDS = 1_000_000_000 * np.arange(3, dtype=np.int64)
NOTHING = np.full(3, np.nan)


def page_of(**values):
    report = EstimatesReport(
        symbol="BTCUSDT-PERP",
        duration_s=2.0,
        fills=0,
        estimates=(),
        fit=None,
        hawkes=None,
        markouts=(),
        fair_source="mid",
        remarks=("no trades",),
    )
    return render(report, History(SECONDS, {name: np.array(each) for name, each in values.items()}))


def test_what_was_never_estimated_is_said_in_words():
    page = page_of(vpin=NOTHING)
    assert page.count("There was nothing to estimate.") == len(CHARTS)
    assert 'class="chart"' not in page


def test_what_was_estimated_is_a_chart_with_its_line_alone():
    page = page_of(sigma=[1.0, 2.0, 1.5], sigma_clean=NOTHING)
    assert page.count("There was nothing to estimate.") == len(CHARTS) - 1
    assert 'aria-label="Volatility, bps per square root of hour, over time"' in page
    assert '"label":"sigma"' in page
    assert '"label":"sigma_clean"' not in page


def test_what_is_to_be_known_of_the_data_stands_on_the_page():
    assert "Of the data: no trades." in page_of(vpin=NOTHING)
