import re

import pytest

from market_maker.telemetry.names import METRICS, ROLLUPS
from market_maker.telemetry.page import MetricsPage

DOCUMENTED = [
    "mm_pool_member_count",
    "mm_pool_net_position",
    "mm_pool_member_pnl",
    "mm_pool_member_inventory",
    "mm_pool_member_open_orders",
    "mm_pool_q_score",
    "mm_pool_quote_compute_latency_seconds",
    "mm_pool_allocation_latency_seconds",
    "mm_settlement_count",
    "mm_performance_snapshot_total",
    "mm_performance_rollup_total",
]


def test_every_metric_has_its_help_and_type_before_there_is_a_pool():
    page = "".join(MetricsPage().pieces())
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.MULTILINE))
    helps = re.findall(r"^# HELP (\S+) \S", page, re.MULTILINE)
    assert types == {metric.name: metric.kind for metric in METRICS}
    assert helps == list(types)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_metric_of_the_documents_is_there_from_the_start(name):
    assert f"\n# TYPE {name} " in "\n" + "".join(MetricsPage().pieces())


def test_samples_stand_under_their_head():
    page = MetricsPage()
    page.add(ROLLUPS, 3, "BTCUSDT-PERP")
    head = "# HELP mm_performance_rollup_total Total daily rollups\n"
    head += "# TYPE mm_performance_rollup_total counter\n"
    assert head + 'mm_performance_rollup_total{symbol="BTCUSDT-PERP"} 3\n' in "".join(page.pieces())
