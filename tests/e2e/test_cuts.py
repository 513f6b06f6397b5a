"""One short seed of the cuts (`python -m tests.e2e.cuts` runs more, with all of them)."""

import pytest

from tests.e2e.cuts import Fault, drill
from tests.support.tcp_proxy import Cut

pytestmark = pytest.mark.slow

FAULTS = (
    # What became of a request that was cut is proved after eight seconds, the length of the others.
    Fault("orders+metadata", Cut.RESET, 1.2),
    Fault("kafka+registry", Cut.HANG, 4.2),
    Fault("postgresql+redis", Cut.RESET, 2.5),
    # Longer than an order may be on its way, shorter than market data may be old.
    Fault("epoch", Cut.RESET, 1.8),
)


def test_whatever_is_cut_off_no_symbol_has_two_workers_no_fill_is_lost_and_quotes_return(tmp_path):
    *suffered, summary = drill(tmp_path, seed=1, faults=FAULTS)
    assert len(suffered) == len(FAULTS)
    assert summary.endswith("all judged right")
