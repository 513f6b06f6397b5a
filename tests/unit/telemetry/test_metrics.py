import asyncio
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families as parsed

from market_maker.clocks import SimClock
from market_maker.estimators.estimate import Estimate
from market_maker.model.units import Nanos, Ticks
from market_maker.telemetry.connection_tally import ConnectionTally
from market_maker.telemetry.histogram import LAG, SHORT, TURN, Histogram
from market_maker.telemetry.measures import WAITING_WARNED, Measures
from market_maker.telemetry.metrics import KEPT, Metrics, MetricSources
from market_maker.telemetry.names import METRICS, MetricKind
from market_maker.telemetry.page import MetricsPage, PoolReading, add_pool, add_process
from tests.support.machine import need_program
from tests.unit.telemetry.lines import NO_LOG, Lines
from tests.unit.telemetry.pictures import SYMBOL, member, money, pool, process, snapshot

# pool_engine_reference, "Prometheus metrics": name, labels, description.
DOCUMENTED = """
mm_pool_member_count | symbol | Active member count per pool
mm_pool_net_position | symbol, participant_id | Per-member net position (USDT)
mm_pool_member_pnl | symbol, participant_id | Realised PnL per member
mm_pool_member_inventory | symbol, participant_id | Inventory units
mm_pool_member_open_orders | symbol, participant_id | Open order count
mm_pool_quote_compute_latency_seconds | symbol | Histogram of A-S compute time
mm_pool_allocation_latency_seconds | symbol | Histogram of pro-rata allocation time
mm_pool_q_score | symbol, participant_id | Latest Q-score
mm_settlement_count | status | Settlement count by status
mm_performance_snapshot_total | symbol | Total snapshots taken
mm_performance_rollup_total | symbol | Total daily rollups
"""
# promtool takes every name that ends so for a part of a histogram; the names are the documents'.
PROMTOOL_OBJECTS_TO = {"mm_pool_member_count", "mm_settlement_count"}


async def ready() -> dict[str, bool]:
    return {"database": True, "venue": False}


class Scene:
    """What is measured, and the page about it."""

    def __init__(self, *pools: PoolReading) -> None:
        self.clock, self.lines = SimClock(Nanos(10**18)), Lines()
        self.measures = Measures(self.clock, self.lines)
        self.pools = pools or (pool(),)
        self.asked = 0
        self.tally = ConnectionTally(self.clock, self.lines)
        sources = MetricSources(
            self._pools, process, money, self.measures, connections=self.tally, ready=ready
        )
        self.metrics = Metrics(sources, self.clock)

    def _pools(self) -> Iterator[PoolReading]:
        self.asked += 1
        yield from self.pools

    def text(self) -> str:
        return asyncio.run(self.metrics.page()).decode()

    def samples(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in parsed(self.text())
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        return self.samples()[name, tuple(sorted(labels.items()))]


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize("line", DOCUMENTED.strip().splitlines())
def test_a_documented_metric_is_published_with_its_labels_and_words(line: str) -> None:
    name, labels, words = (part.strip() for part in line.split("|"))
    (metric,) = (metric for metric in METRICS if metric.name == name)
    assert ", ".join(metric.labels) == labels
    assert metric.help.startswith(words)


def test_scores_and_settlements_are_shown_by_member_status_and_symbol(scene: Scene) -> None:
    assert scene.value("mm_pool_q_score", symbol=SYMBOL, participant_id="acme") == 87.5
    assert scene.value("mm_settlement_count", status="PENDING") == 3
    assert scene.value("mm_settlement_count", status="SETTLED") == 0
    assert scene.value("mm_performance_snapshot_total", symbol=SYMBOL) == 360
    assert scene.value("mm_wallet_transfers_unknown") == 1


def test_the_page_holds_every_metric_of_the_list_and_no_other(scene: Scene) -> None:
    families = {family.name: family for family in parsed(scene.text())}
    ours = {name for name in families if not name.startswith(("process_", "python_"))}
    # The parser takes the ending from a counter's name.
    assert ours == {
        m.name.removesuffix("_total") if m.kind is MetricKind.COUNTER else m.name for m in METRICS
    }
    for metric in METRICS:
        name = (
            metric.name.removesuffix("_total") if metric.kind is MetricKind.COUNTER else metric.name
        )
        assert families[name].type == metric.kind
        assert families[name].documentation == metric.help
        labels = [set(sample.labels) - {"le"} for sample in families[name].samples]
        assert all(each == set(metric.labels) for each in labels)
    assert "process_resident_memory_bytes" in families
    assert "python_info" in families


def test_names_are_unique_and_say_their_unit() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.name.startswith("mm_")
        assert metric.name.endswith("_total") == (metric.kind is MetricKind.COUNTER)
        if metric.kind is MetricKind.HISTOGRAM:
            assert metric.name.endswith("_seconds")


def test_positions_and_money_are_in_people_s_units(scene: Scene) -> None:
    acme = {"symbol": SYMBOL, "participant_id": "acme"}
    # 10 lots of 0.001 at a mid of 100,000 ticks of 0.5.
    assert scene.value("mm_pool_member_inventory", **acme) == pytest.approx(0.01)
    assert scene.value("mm_pool_net_position", **acme) == pytest.approx(500)
    assert scene.value("mm_pool_member_pnl", **acme) == pytest.approx(2)
    assert scene.value("mm_pool_member_unrealised_pnl", **acme) == pytest.approx(-1)
    assert scene.value("mm_pool_position_usdt", symbol=SYMBOL) == pytest.approx(-100)
    assert scene.value("mm_pool_fair_price", symbol=SYMBOL) == pytest.approx(50_001)
    assert scene.value("mm_pool_market_data_age_seconds", symbol=SYMBOL) == 0.25


ESTIMATED = {
    "mm_mid_price": 50_000.0,
    "mm_spread_bps": 0.2,
    "mm_sigma": 0.00015,
    "mm_kappa": 2.5,
    "mm_jump_ratio": 1.2,
    "mm_microprice_deviation_bps": -0.5,
    "mm_book_imbalance": 0.15,
    "mm_flow_imbalance": -0.08,
    "mm_beta_book": 0.003,
    "mm_beta_flow": 0.002,
    "mm_cascade_severity": 0.35,
    "mm_adverse_selection_bps": 0.8,
    "mm_tail_risk_multiplier": 1.5,
    "mm_volatility_regime": 1.0,
}


@pytest.mark.parametrize("name", ESTIMATED)
def test_an_estimate_is_shown_in_its_documented_unit(scene: Scene, name: str) -> None:
    assert scene.value(name, symbol=SYMBOL) == pytest.approx(ESTIMATED[name])


def test_every_factor_on_gamma_is_shown_by_name(scene: Scene) -> None:
    told = {
        name: scene.value("mm_pool_gamma_factor", symbol=SYMBOL, factor=name)
        for name in ("toxicity", "inventory", "tail")
    }
    assert told == {"toxicity": 1.1, "inventory": 1.04, "tail": 1.5}


def test_an_estimate_that_may_not_be_relied_on_is_not_shown() -> None:
    lines = (
        Estimate("jump_ratio", 1.2, "RV/BV", 3, ready=False),
        Estimate("kappa_hat", None, "1/bps", 0, ready=False, off=True),
        Estimate("sigma", 90.0, "bps per sqrt(hour)", 20, ready=True),
    )
    crossed = snapshot(estimates=lines, book_detail="crossed", best_bid=Ticks(100_002))
    told = {name for name, _ in Scene(pool(snapshot=crossed)).samples()}
    assert told.isdisjoint({"mm_jump_ratio", "mm_kappa", "mm_spread_bps"})
    assert "mm_sigma" in told


def test_a_pools_pnl_is_the_sum_of_its_members(scene: Scene) -> None:
    fees = scene.value("mm_pool_pnl_usdt", symbol=SYMBOL, component="fees")
    assert fees == pytest.approx(2 * -0.05)


def test_counts_are_by_member_orders_by_state_and_headroom(scene: Scene) -> None:
    assert scene.value("mm_pool_member_count", symbol=SYMBOL) == 1
    assert scene.value("mm_pool_orders", symbol=SYMBOL, state="LIVE") == 2
    assert scene.value("mm_pool_orders", symbol=SYMBOL, state="UNKNOWN") == 1
    assert scene.value("mm_pool_orders", symbol=SYMBOL, state="PENDING_NEW") == 0
    guard = {"symbol": SYMBOL, "guard": "position limit exceeded"}
    assert scene.value("mm_pool_guard_headroom_ratio", **guard) == 0.25
    assert scene.value("mm_pool_state", symbol=SYMBOL, state="ACTIVE") == 1
    assert scene.value("mm_pool_state", symbol=SYMBOL, state="HALTED") == 0
    assert scene.value("mm_pool_rejects_total", symbol=SYMBOL, kind="post_only") == 5
    beta = {"symbol": SYMBOL, "participant_id": "beta"}
    assert scene.value("mm_pool_member_stopped", **beta) == 1


def test_the_process_shows_its_outbox_its_records_and_its_build(scene: Scene) -> None:
    assert scene.value("mm_outbox_lag_seconds") == 1.5
    assert scene.value("mm_records_waiting") == 5
    assert scene.value("mm_orders_unrecorded_total") == 2
    assert scene.value("mm_build_info", version="0.1.0", fingerprint="abc123") == 1


def test_what_health_calls_ready_is_on_the_page(scene: Scene) -> None:
    assert scene.value("mm_dependency_ready", dependency="database") == 1
    assert scene.value("mm_dependency_ready", dependency="venue") == 0


def test_a_name_with_quotes_and_line_breaks_stays_one_label() -> None:
    odd = 'a"b\\c\nd'
    reading = pool(snapshot=replace(snapshot(), members=(member(odd, 1),)))
    value = Scene(reading).value("mm_pool_member_open_orders", symbol=SYMBOL, participant_id=odd)
    assert value == 2


def test_what_the_floor_reports_is_on_the_page(scene: Scene) -> None:
    for turn_ns, waiting in ((60_000, 17), (10**9, 3)):
        scene.measures.of(SYMBOL).has_turned = True
        scene.measures.turned(SYMBOL, turn_ns, waiting)
    scene.measures.turned(SYMBOL, 5, 3)  # a step that found nothing to do
    scene.measures.lagged(2_000_000)
    scene.measures.broke(SYMBOL, "AssertionError: x", "Traceback ...")
    assert scene.value("mm_pool_turn_latency_seconds_count", symbol=SYMBOL) == 2
    assert scene.value("mm_pool_turn_latency_seconds_bucket", symbol=SYMBOL, le="0.0001") == 1
    assert scene.value("mm_pool_turn_latency_seconds_sum", symbol=SYMBOL) == 1.00006
    assert scene.value("mm_pool_mailbox_depth", symbol=SYMBOL) == 17
    assert scene.value("mm_event_loop_lag_seconds_bucket", le="0.0025") == 1
    assert scene.value("mm_pool_failures_total", symbol=SYMBOL) == 1
    assert ("error", "engine crashed") in [line[:2] for line in scene.lines.written]


def test_a_mailbox_that_fills_up_is_logged_once_until_it_was_empty(scene: Scene) -> None:
    for waiting in (WAITING_WARNED, WAITING_WARNED + 1, 0, WAITING_WARNED):
        scene.measures.turned(SYMBOL, 1_000, waiting)
    assert [line[1] for line in scene.lines.written] == ["inbox nearly full"] * 2


def test_the_stopwatch_times_the_pieces_of_a_turn(scene: Scene) -> None:
    watch = scene.measures.of(SYMBOL)
    for span, end in ((3_000, watch.quoted), (7_000, watch.allocated), (9_000, watch.allocated)):
        watch.start()
        scene.clock.sleep(Nanos(span))
        end()
    assert (watch.compute.total, watch.allocation.total) == (3_000, 16_000)
    assert sum(watch.allocation.counts) == 2


@given(st.lists(st.integers(0, 10**10)), st.sampled_from([SHORT, TURN, LAG]))
def test_buckets_count_what_is_at_most_their_bound(spans: list[int], bounds: tuple) -> None:
    histogram = Histogram(bounds)
    for span in spans:
        histogram.observe(span)
    page = MetricsPage()
    (metric,) = (m for m in METRICS if m.name == "mm_event_loop_lag_seconds")
    page.add_histogram(metric, histogram)
    (family,) = (each for each in parsed("".join(page.pieces())) if each.samples)
    for sample in family.samples:
        if sample.name.endswith("_bucket"):
            bound = float(sample.labels["le"]) * 1e9
            assert sample.value == sum(span <= bound + 0.5 for span in spans)
        elif sample.name.endswith("_count"):
            assert sample.value == len(spans)
        else:
            assert sample.value == pytest.approx(sum(spans) / 1e9)


def test_a_page_is_given_out_again_for_a_second_and_then_made_anew(scene: Scene) -> None:
    first = scene.text()
    assert scene.text() == first
    assert scene.asked == 1
    scene.clock.sleep(KEPT)
    scene.text()
    assert scene.asked == 2


class Ticking:
    """A clock that moves with every reading."""

    def __init__(self, step: int) -> None:
        self.time, self.step = 10**18, step

    def now(self) -> Nanos:
        self.time += self.step
        return Nanos(self.time)

    def sleep(self, span: Nanos) -> None:
        self.time += span


async def others_turns(pools: int, clock: Ticking) -> int:
    """How often another task gets its turn while a page about so many pools is made."""
    readings = [pool(f"S{number}") for number in range(pools)]
    measures = Measures(clock, NO_LOG)
    tally = ConnectionTally(clock, NO_LOG)
    sources = MetricSources(
        lambda: iter(readings), process, money, measures, connections=tally, ready=ready
    )
    metrics = Metrics(sources, clock)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    done = False
    async with asyncio.TaskGroup() as group:
        group.create_task(count())
        await metrics.page()
        done = True
    return turns


@pytest.mark.anyio
async def test_while_a_page_is_made_others_have_their_turn_after_every_slice() -> None:
    slow_machine, fast_machine = Ticking(1_000_000), Ticking(1)
    assert await others_turns(50, slow_machine) >= 50
    assert await others_turns(50, fast_machine) <= 3


async def get(app: Callable[..., Any], path: str, method: str = "GET") -> tuple[int, bytes]:
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    async def receive() -> dict[str, Any]:
        raise AssertionError("nothing is read")

    await app({"type": "http", "path": path, "method": method}, receive, send)
    return messages[0]["status"], messages[1]["body"]


@pytest.mark.anyio
async def test_there_is_one_address_and_it_is_read_only() -> None:
    scene = Scene()
    status, body = await get(scene.metrics, "/metrics")
    assert (status, b"mm_pool_member_count" in body) == (200, True)
    assert (await get(scene.metrics, "/"))[0] == 404
    assert (await get(scene.metrics, "/metrics", "POST"))[0] == 405


def test_promtool_finds_nothing_wrong_but_what_the_documents_name() -> None:
    promtool = need_program("promtool")
    scene = Scene(pool(), pool("ETHUSDT-PERP"))
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=scene.text(),
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = done.stderr.splitlines() + done.stdout.splitlines()
    about = {line.split()[0] for line in complaints if not line.startswith("python_gc")}
    assert about == PROMTOOL_OBJECTS_TO, complaints


def test_a_page_without_pools_is_a_page() -> None:
    page, measures = MetricsPage(), Measures(SimClock(Nanos(1)), NO_LOG)
    add_process(page, process(), measures.lag)
    assert "\nmm_pool" not in "".join(page.pieces())
    add_pool(page, pool(), measures.of(SYMBOL))
    assert "\nmm_pool" in "".join(page.pieces())
