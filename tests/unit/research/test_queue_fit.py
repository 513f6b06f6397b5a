"""A fit of the queue model: what carries one, and what is refused with a reason."""

import msgspec
import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.research.queue_calibration import probes_of
from market_maker.research.queue_fit import ARRIVALS_FIT_MIN, FORMAT, QueueFit, fit_of, read_fit
from tests.unit.research.test_queue_calibration import market

GOOD = QueueFit(
    files=("x",),
    probes=500,
    arrivals=200,
    exponent=2.4,
    low=2.0,
    high=2.9,
    distance=0.05,
    distance_error=0.004,
    pessimistic=0.08,
    reason="",
)


def written(tmp_path, fit):
    path = tmp_path / "fit.json"
    path.write_bytes(msgspec.json.encode(fit))
    return path


def test_a_fit_that_the_data_carry_is_read_as_it_was_written(tmp_path):
    assert read_fit(written(tmp_path, GOOD)) == GOOD


def test_one_that_they_do_not_is_refused_with_its_reason(tmp_path):
    path = written(tmp_path, msgspec.structs.replace(GOOD, reason="28 orders came"))
    with pytest.raises(InvalidDataError, match="this fit cannot be used: 28 orders came"):
        read_fit(path)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"nothing", b'{"format": "x"}'])
def test_a_file_that_is_no_fit_is_one_line(tmp_path, content):
    path = tmp_path / "fit.json"
    path.write_bytes(content)
    with pytest.raises(InvalidDataError, match="not a fit that"):
        read_fit(path)


def test_a_fit_of_another_format_is_refused(tmp_path):
    path = written(tmp_path, msgspec.structs.replace(GOOD, format=FORMAT + " 2"))
    with pytest.raises(InvalidDataError, match="not a fit that"):
        read_fit(path)


def test_few_arrivals_are_no_fit():
    fit = fit_of(["made"], probes_of(market(seed=4, events=150)))
    assert 0 < fit.arrivals < ARRIVALS_FIT_MIN
    assert fit.reason.startswith(f"{fit.arrivals} orders came to the head of their queue")


def test_captures_are_pooled_and_an_exponent_that_is_known_is_taken():
    probes = [
        probe for seed in (5, 6) for probe in probes_of(market(seed, behind=1.02, events=1_500))
    ]
    fit = fit_of(["one", "two"], probes)
    assert fit.files == ("one", "two")
    assert fit.arrivals >= ARRIVALS_FIT_MIN
    assert fit.reason == ""
    assert 1.0 < fit.low <= fit.exponent <= fit.high
    assert fit.distance < fit.pessimistic


def test_an_exponent_beyond_what_is_tried_is_no_fit():
    fit = fit_of(["made"], probes_of(market(seed=7, behind=2.5, events=2_000)))
    assert "reach an end of what is tried" in fit.reason
