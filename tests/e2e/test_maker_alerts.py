"""The maker's alert rules: taken by promtool, each of them fired by a test, and the document's."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from market_maker.telemetry.maker_names import MAKER_METRICS
from tests.support.machine import need_program

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
GROUPS = yaml.safe_load((FOLDER / "maker_alerts.yml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
TESTS = yaml.safe_load((FOLDER / "maker_alerts_test.yml").read_text())["tests"]
NAMES = {metric.name for metric in MAKER_METRICS}

# SOP 7.4, "Prometheus Alertmanager Rules": name, expression, for, severity, summary.
DOCUMENTED = [
    ("KillSwitchTriggered", "mm_kill_switch_triggered == 1", "0m", "critical",
     "Market maker kill switch triggered"),
    ("HighDrawdown", "mm_drawdown_pct > 0.03", "5m", "warning", "Drawdown exceeds 3%"),
    ("DataStale", "mm_data_staleness_secs > 3", "30s", "warning", "Market data is stale"),
    ("HighCascadeSeverity", "mm_cascade_severity > 0.5", "1m", "warning",
     "Liquidation cascade detected"),
]  # fmt: skip


def ran(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=FOLDER)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.thorough
def test_promtool_takes_the_rules_and_they_fire_when_they_should():
    promtool = need_program("promtool")
    assert "SUCCESS" in ran(promtool, "check", "rules", "maker_alerts.yml")
    assert "SUCCESS" in ran(promtool, "test", "rules", "maker_alerts_test.yml")
    ran(promtool, "check", "config", "--syntax-only", "prometheus.yml")


def test_the_documents_four_are_as_it_has_them():
    found = [
        (
            rule["alert"],
            rule["expr"],
            rule["for"],
            rule["labels"]["severity"],
            rule["annotations"]["summary"],
        )
        for rule in GROUPS[0]["rules"]
    ]
    assert (GROUPS[0]["name"], found) == ("market_maker", DOCUMENTED)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_is_fired_by_a_test_and_kept_silent_by_another(rule):
    looks = [look for test in TESTS for look in test["alert_rule_test"]]
    of_it = [look["exp_alerts"] for look in looks if look["alertname"] == rule["alert"]]
    assert any(of_it)
    assert not all(of_it)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_asks_for_a_metric_of_the_maker(rule):
    (name,) = re.findall(r"\b(mm_[a-z_]+|up)\b", rule["expr"])
    assert name in {*NAMES, "up"}
