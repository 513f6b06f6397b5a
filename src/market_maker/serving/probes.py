"""What /health asks, by the names that it shows: most of it is known already, and read only."""

from market_maker.api.health import Dependency, Probe
from market_maker.api.published_keys import PublishedKeys
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.symbol_lease import SymbolLease
from market_maker.journaling.anchors import Anchorer
from market_maker.journaling.journal import Journals
from market_maker.journaling.recorder import Recorder
from market_maker.model.errors import StoreUnavailableError
from market_maker.ports import Store
from market_maker.serving.venue_lines import VenueLines, told_lag
from market_maker.serving.watching import Watching
from market_maker.storage.tenancy import Tenancy
from market_maker.telemetry.logging import Logs


def stored_probes(
    store: Store,
    claims: tuple[Tenancy, SymbolLease],
    recorder: Recorder,
    intent_log: IntentLog,
) -> dict[str, Probe]:
    """The database, and what waits for it."""
    tenancy, lease = claims
    return {
        "database": lambda: _database(store),
        "records": lambda: _records(recorder, intent_log),
        "tenancy": lambda: _known(tenancy.problem),
        "lease": lambda: _known(lease.away),
    }


def noted_probes(
    watching: Watching, auth_keys: PublishedKeys | None, anchorer: Anchorer, logs: Logs
) -> dict[str, Probe]:
    """The clock, the keys of tokens, and every file beside the database."""
    probes: dict[str, Probe] = {
        "journal": lambda: _journal(watching.journals),
        "anchors": lambda: _known(anchorer.problem),
        "log": lambda: _known(logs.problem),
        "clock": lambda: _known(watching.clock.problem),
    }
    if auth_keys is not None:
        probes["auth"] = lambda: _known(auth_keys.problem)
    return probes


def topics_probe(lines: VenueLines) -> Probe:
    """How late the exchange's topics are read. Ready in any case: that they are not read is the
    venue's problem, and that they are read too late is for each pool to judge."""

    async def probe() -> Dependency:
        return Dependency(ready=True, detail=told_lag(lines.topics.lag))

    return probe


async def _known(problem: str) -> str:
    return problem


async def _database(store: Store) -> str:
    try:
        async with store.glimpse() as unit:
            await unit.outbox.backlog()
    except StoreUnavailableError as error:
        return str(error)
    return ""


async def _journal(journals: Journals) -> Dependency:
    problem, lost = journals.health.problem, journals.lost
    said = f"{lost} turns lost since the start" if lost else ""
    return Dependency(not problem, "; ".join(text for text in (problem, said) if text))


async def _records(recorder: Recorder, intent_log: IntentLog) -> str:
    if recorder.away or intent_log.away:
        return recorder.away or intent_log.away
    return f"{recorder.quarantined} records are set aside" if recorder.quarantined else ""
