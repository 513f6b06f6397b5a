"""`python -m market_maker.serving.report_worker`: makes one report in a process of its own.

The first line of standard input is the order; the rest is a lifeline, whose end means that the
service is gone. Standard output has one JSON object a line: progress, then the end.
"""

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from market_maker.clocks import WallClock
from market_maker.model.errors import MakerError
from market_maker.model.instrument import rate_from_bps
from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.model.report_jobs import ReportKind, ReportRequest
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.quoting.registry import STRATEGIES
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research import replay as research
from market_maker.research.comparing import Case, Stress, cases_of, compare
from market_maker.research.comparison_report import render_comparison
from market_maker.research.evaluation import Evaluation, evaluate
from market_maker.research.inverse import as_linear
from market_maker.research.kernel_cache import prepare_venue
from market_maker.research.live_stretch import lived
from market_maker.research.parity import RUNS_MAX as PARITY_RUNS_MAX
from market_maker.research.parity import parity
from market_maker.research.parity_report import render_parity
from market_maker.research.parity_result import result_of
from market_maker.research.pool_currency import in_quote_currency
from market_maker.research.queue_range import with_both_queues
from market_maker.research.report import render
from market_maker.research.shared_terms import SharedTerms
from market_maker.research.strategy_choice import with_strategy
from market_maker.serving.report_order import WorkerLine, WorkerOrder
from market_maker.storage.recording import read_recording

NICE = 15
"""Behind quoting, and behind explanations."""
ORDER_BYTES_MAX = 1 << 20
STEP = 0.01
"""Progress that is worth a line."""


class _Progress:
    def __init__(self) -> None:
        self._said = 0.0

    def __call__(self, share: float) -> None:
        if share >= self._said + STEP:
            self._said = share
            _say(WorkerLine(progress=min(share, 1.0)))


def made(order: WorkerOrder, progress: _Progress) -> str:
    """The page. Raises what reading the recording or the journal and running the engine raise."""
    if order.request.kind is ReportKind.PARITY:
        return _lived(order, progress)
    recording = read_recording(Path(order.source))
    config = _config(order, recording, order.config)
    if order.request.kind is ReportKind.REPLAY:
        return _replayed(order.request, recording, config, progress)
    return _compared(order, _cases(order, recording, config), progress)


def _cases(order: WorkerOrder, recording: Recording, config: PoolConfig) -> Sequence[Case]:
    if order.trial is None:
        names = order.request.strategies
        return cases_of(config, names.split(",") if names else list(STRATEGIES), ())
    proposed = _config(order, recording, order.trial.config)
    return (Case(f"in force, version {config.version}", config), Case("proposed", proposed))


def _config(order: WorkerOrder, recording: Recording, given: PoolConfig | None) -> PoolConfig:
    symbol = recording.instrument.symbol
    if given is None:
        config = research.default_config(symbol)
    else:
        config = msgspec.structs.replace(given, symbol=symbol)
    rate = order.request.quote_rate
    return in_quote_currency(research.with_in_house_member(config), recording.instrument, rate)


def _exchange(request: ReportRequest) -> ReplaySettings:
    latency = Nanos(int(request.latency_ms * NANOS_PER_MS))
    return ReplaySettings(
        feed_latency_ns=Nanos(0),
        entry_latency_ns=latency,
        response_latency_ns=latency,
        queue=QueueModel(request.queue),
        maker_rate=rate_from_bps("maker_fee_bps", request.maker_fee_bps),
    )


def _replayed(
    request: ReportRequest, recording: Recording, config: PoolConfig, progress: _Progress
) -> str:
    if request.strategies:
        config = with_strategy(config, request.strategies)
    linear, inverse = as_linear(recording)
    plan = research.ReplayPlan(
        recording=linear,
        inverse=inverse,
        config=config,
        exchange=_exchange(request),
        step_ns=Nanos(int(config.quote_interval_ms * NANOS_PER_MS)),
        seed=0,
        resume_after_ns=None,
    )
    span = max(1, recording.end - recording.start)
    prepare_venue()
    clock, done = WallClock(), 0

    def run(each: research.ReplayPlan) -> Evaluation:
        nonlocal done
        began, before = clock.now(), done
        log = research.replay(
            each, lambda now: progress((before + (now - recording.start) / span) / 2)
        )
        done += 1
        return evaluate(log, (clock.now() - began) / NANOS_PER_SECOND)

    return render(with_both_queues(plan, run))


def _compared(order: WorkerOrder, cases: Sequence[Case], progress: _Progress) -> str:
    terms = SharedTerms(exchange=_exchange(order.request), step_ns=None, seed=0)
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        progress(done / (len(cases) * len(Stress)))

    recording = Path(order.source)
    return render_comparison(compare(recording, cases, terms, jobs=1, progress=advance))


def _lived(order: WorkerOrder, progress: _Progress) -> str:
    request = order.request
    found = lived(Path(order.source), request.subject, request.since, request.until)
    prepare_venue()
    compared = parity(
        found.longest, _exchange(request), lambda done: progress(done / PARITY_RUNS_MAX)
    )
    return render_parity(compared, result_of(found, compared))


def _say(line: WorkerLine) -> None:
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def _end_with_the_service() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def main() -> int:
    """Make the report that standard input orders."""
    os.nice(NICE)
    order = msgspec.json.decode(sys.stdin.buffer.readline(ORDER_BYTES_MAX), type=WorkerOrder)
    threading.Thread(target=_end_with_the_service, daemon=True).start()
    try:
        page = made(order, _Progress())
        Path(order.page).write_text(page, encoding="utf-8")
    except (MakerError, OSError) as error:
        _say(WorkerLine(error=str(error)))
        return 1
    _say(WorkerLine(progress=1.0, done=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
