"""What is in deploy/: checked by the programs that will read it, and against what we publish."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from market_maker.settings import VARIABLES
from market_maker.telemetry.names import METRICS, MetricKind
from tests.servers import free_port
from tests.support.machine import need_program

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
NAMES = {metric.name: metric for metric in METRICS}
NOT_OURS = {"up", "process_resident_memory_bytes", "process_open_fds"}
LABELS_OF_SCRAPES = {"job", "instance", "le"}
METRIC = re.compile(r"\b((?:mm|process|python)_[a-z_]+|up\b)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\b(?:by|on|without|ignoring) ?\(([^)]*)\)")


def ran(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alerts():
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard():
    return json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())


def queries():
    shown = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    shown += [one["query"].partition(",")[0].removeprefix("label_values(")
              for one in dashboard()["templating"]["list"]]  # fmt: skip
    return shown + [rule["expr"] for rule in alerts()]


@pytest.mark.thorough
def test_promtool_takes_the_alert_rules_and_they_fire_when_they_should():
    promtool, folder = need_program("promtool"), DEPLOY / "prometheus"
    assert "SUCCESS" in ran(promtool, "check", "rules", "alerts.yml", cwd=folder)
    assert "SUCCESS" in ran(promtool, "test", "rules", "alerts_test.yml", cwd=folder)
    ran(promtool, "check", "config", "--syntax-only", "prometheus.yml", cwd=folder)


@pytest.mark.parametrize("query", queries())
def test_every_query_asks_for_metrics_and_labels_that_the_service_publishes(query):
    labels = set()
    for name, selectors in METRIC.findall(query):
        base = re.sub(r"_(?:bucket|sum|count)$", "", name)
        metric = NAMES.get(name) or NAMES.get(base)
        assert metric is not None or name in NOT_OURS, name
        if metric is not None:
            assert (metric.name == name) == (metric.kind is not MetricKind.HISTOGRAM), name
            labels |= set(metric.labels)
        for selector in filter(None, selectors.split(",")):
            label = re.split(r"[=!~]", selector)[0].strip()
            allowed = LABELS_OF_SCRAPES | (set(metric.labels) if metric else set())
            assert label in allowed, f"{name} has no label {label}"
    for listed in GROUPED.findall(query):
        assert {each.strip() for each in listed.split(",")} <= labels | LABELS_OF_SCRAPES


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_every_alert_says_what_is_the_matter_and_how_urgent_it_is(rule):
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    used = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
    metrics = [NAMES[name] for name, _ in METRIC.findall(rule["expr"]) if name in NAMES]
    assert used <= {label for metric in metrics for label in metric.labels}


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_every_alert_is_fired_by_a_test_and_kept_silent_by_another(rule):
    tests = yaml.safe_load((DEPLOY / "prometheus" / "alerts_test.yml").read_text())["tests"]
    looks = [look for test in tests for look in test["alert_rule_test"]]
    of_it = [look["exp_alerts"] for look in looks if look["alertname"] == rule["alert"]]
    assert any(of_it)
    assert not all(of_it)


def test_every_documented_metric_of_a_pool_is_on_the_dashboard():
    """The metrics that the procedure's daily checklist names."""
    shown = json.dumps(dashboard())
    for name in ("mm_pool_member_open_orders", "mm_pool_net_position", "mm_pool_member_pnl"):
        assert name in shown
    assert len({panel["id"] for panel in dashboard()["panels"]}) == len(dashboard()["panels"])


@pytest.mark.parametrize("unit", sorted(path.name for path in DEPLOY.glob("*.service")))
def test_systemd_takes_the_unit(unit, tmp_path):
    need_program("systemd-analyze")
    text = (DEPLOY / unit).read_text().replace("/opt/market-maker/bin/market_maker", sys.executable)
    (tmp_path / unit).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    about = [line for line in done.stderr.splitlines() if unit in line and "Unknown" in line]
    assert about == []


def test_compose_sets_only_settings_that_the_service_has():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    service = compose["services"]["market_maker"]
    assert set(service["environment"]) <= set(VARIABLES)
    assert service["environment"] == compose["services"]["upgrade"]["environment"]
    assert float(service["stop_grace_period"].removesuffix("s")) > 30
    text = (DEPLOY / "compose.yaml").read_text()
    assert not re.search(r"PASSWORD: (?!\$\{)", text)
    for volume in service["volumes"]:
        assert volume.partition(":")[0] in compose["volumes"]


def steps_of_the_container():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    return [after.removeprefix("RUN ") for line, after in pairwise(lines) if line == "# [tested]"]


@pytest.mark.slow
def test_the_containers_steps_build_a_wheel_that_serves_natively_without_the_checkout(tmp_path):
    """The steps of deploy/Dockerfile that need no network, as a script; what the wheel needs is
    taken from this environment."""
    need_program("cc")
    assert len(steps_of_the_container()) == 3
    source, home = tmp_path / "src", tmp_path / "venv"
    source.mkdir()
    for name in ("pyproject.toml", "LICENSE", "README.md"):
        shutil.copy(ROOT / name, source / name)
    shutil.copytree(
        ROOT / "src" / "market_maker",
        source / "src" / "market_maker",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copytree(
        ROOT / "scripts", source / "scripts", ignore=shutil.ignore_patterns("__pycache__")
    )
    venv.create(home, with_pip=True, symlinks=True)
    # An old one comes with the interpreter; the container's is of locks/build.txt, as this one.
    ran(home / "bin" / "python", "-m", "pip", "uninstall", "--quiet", "--yes", "setuptools")
    packages = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    needed = tmp_path / "needed"
    needed.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(("market_maker", "__editable__")):
            (needed / entry.name).symlink_to(entry)
    (Path(packages) / "needed.pth").write_text(f"{needed}\n")
    for step in steps_of_the_container():
        here = step.replace("/opt/market-maker", str(home)).replace("/dist", str(tmp_path / "dist"))
        here = here.replace("/opt/build/bin/python", sys.executable)
        ran("sh", "-ec", here, cwd=source)
    shutil.rmtree(source)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert served_from(home / "bin" / "market_maker", elsewhere).startswith("ready: ")
    assert list(elsewhere.iterdir()) == [elsewhere / "market_maker_data"]
    shutil.rmtree(Path(packages) / "market_maker" / "native")
    words = ("walk", "--seconds", "1")
    said = ran(home / "bin" / "market_maker", *words, cwd=elsewhere, env=environment())
    assert "engine interpreted: none was built for this Python" in said


def environment(**more):
    ports = {"HTTP_PORT": str(free_port()), "METRICS_PORT": "any", "PANEL_PORT": str(free_port())}
    ours = {name: text for name, text in os.environ.items() if name != "MM_ENGINE"}  # noqa: TID251
    return ours | ports | {"PYTHONPATH": ""} | more


def served_from(program, folder):
    """Start it there, wait until it is ready, read its pages, and stop it. It has to be native."""
    own = environment(MM_ENGINE="native")
    location = ran(
        program.with_name("python"), "-c", "import market_maker; print(market_maker.__file__)",
        cwd=folder, env=own,
    )  # fmt: skip
    assert str(program.parents[1]) in location
    with subprocess.Popen(
        [program, "serve"], cwd=folder, env=own, stdout=subprocess.DEVNULL
    ) as service:
        try:
            return ran(program, "wait", cwd=folder, env=own)
        finally:
            service.terminate()
            assert service.wait(60) == 0


def test_the_documents_steps_of_the_container_use_the_locks_by_hash():
    text = (DEPLOY / "Dockerfile").read_text()
    assert "--require-hashes" in text
    assert "USER market-maker" in text
    assert "locks/run.txt" in text
