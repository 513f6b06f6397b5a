import pytest

from market_maker.risk.cascade import CALM, band_of


@pytest.mark.parametrize(
    ("severity", "asked"),
    [
        (0.0, (1.0, 1.0, False, False)),
        (0.2999, (1.0, 1.0, False, False)),
        (0.3, (1.5, 1.0, False, False)),
        (0.4999, (1.5, 1.0, False, False)),
        (0.5, (2.5, 0.5, False, False)),
        (0.7999, (2.5, 0.5, False, False)),
        (0.8, (2.5, 0.5, True, False)),
        (0.95, (2.5, 0.5, True, False)),
        (0.9501, (2.5, 0.5, True, True)),
        (1.0, (2.5, 0.5, True, True)),
    ],
)
def test_a_band_begins_at_its_severity_and_only_beyond_the_last_it_halts(severity, asked):
    band = band_of(severity)
    assert (band.gamma, band.size, band.pulls, band.halts) == asked


def test_below_every_band_it_is_calm():
    assert band_of(-0.1) is band_of(0.1) is CALM
