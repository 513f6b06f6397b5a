import base64
import hashlib
import json
import re

import numpy as np

from market_maker.research.charts import ChartLine, TimeChart
from market_maker.research.report_page import PAGE_BYTES, Figure, report_page
from tests.tidy.tree import ROOT

SECOND = 1_000_000_000
HOURS = 3 * 3600


def _chart(count, lines=1, title="t"):
    ts = np.arange(count, dtype=np.int64) * SECOND
    values = np.random.default_rng(1).normal(size=count).cumsum()
    series = [ChartLine(f"line {i}", "mid", ts, values * (i + 1)) for i in range(lines)]
    return TimeChart(title=title, start=0, end=count * SECOND, lines=series)


def _numbers(page):
    return json.loads(re.search(r'id="charts">(.*?)</script>', page).group(1))


def test_a_page_of_many_long_lines_stays_within_its_bytes():
    figure = Figure("h", "n", [_chart(HOURS, lines=8) for _ in range(12)])
    page = report_page("t", (figure,))
    assert len(page.encode()) <= PAGE_BYTES
    assert len(_numbers(page)) == 12


def test_a_short_line_keeps_every_point():
    (chart,) = _numbers(report_page("t", (Figure("h", "n", (_chart(900),)),)))
    assert len(chart["lines"][0]["v"]) == 900


def test_the_policy_lets_the_page_s_own_scripts_run_and_nothing_else():
    page = report_page("t", (Figure("h", "n", (_chart(10),)),))
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', page).group(1)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in scripts]
    allowed = " ".join(f"'sha256-{each}'" for each in hashes)
    assert f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'" in policy
    assert len(scripts) == 2


def test_a_page_without_charts_has_no_script_and_lets_none_run():
    page = report_page("t", ("<p>words</p>",))
    assert "<script" not in page
    assert "script-src 'none'" in page


def test_no_name_ends_the_numbers_or_becomes_markup():
    hostile = "</script><script>alert(1)</script>"
    page = report_page(hostile, (Figure(hostile, hostile, (_chart(3, title=hostile),)),))
    assert "<script>alert" not in page
    assert _numbers(page)[0]["title"] == hostile


def test_the_chart_library_is_the_one_of_the_panel_s_lock_and_carries_its_licence():
    lock = json.loads((ROOT / "panel" / "package-lock.json").read_text("utf-8"))
    version = lock["packages"]["node_modules/uplot"]["version"]
    page = report_page("t", (Figure("h", "n", (_chart(3),)),))
    assert f"/*! uPlot {version}\nThe MIT License (MIT)" in page
