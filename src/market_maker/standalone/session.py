"""A session of the maker from its settings to its end."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct

from market_maker.model.shown_url import shown_url
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.standalone.ending import MakerEnd
from market_maker.standalone.log_output import MakerLogger
from market_maker.standalone.maker import Maker, clear_leftovers
from market_maker.standalone.maker_parts import MakerParts, RunMode, maker_parts
from market_maker.standalone.opening import (
    OpenedMarket,
    http_session,
    market_of,
    network_name,
    open_maker_session,
    state_folder,
)
from market_maker.standalone.preparing import Prepared, prepared, set_leverage
from market_maker.standalone.session_store import locked, maker_folder, new_session
from market_maker.standalone.settings import MakerSettings
from market_maker.standalone.start_patience import StartPatience
from market_maker.standalone.stopping import MakerStop

LASTING = Nanos(3_600 * NANOS_PER_SECOND)
"""The key of an agent has to be valid for at least so long."""


class ReadyMaker(Struct, frozen=True):
    """Everything that is known before anything is changed. folder: of this maker."""

    settings: MakerSettings
    opened: OpenedMarket
    ready: Prepared
    folder: Path


@asynccontextmanager
async def ready_to_run(
    settings: MakerSettings,
    clock: Clock,
    log: MakerLogger,
    mode: RunMode,
    patience: StartPatience | None = None,
) -> AsyncIterator[ReadyMaker]:
    """Ask the venue for everything, with `patience` where it does not answer. A live one holds the
    lock, so that no second maker trades this market on this account. Raises DomainErrors and
    VenueErrors, one line each."""
    patience = patience or StartPatience(clock, log, MakerStop(), 0)
    async with AsyncExitStack() as stack:
        say = log.warning if patience.waits else None
        asking = partial(_asked, settings, clock, log, mode, stack, say=say)
        yield await patience.until_answered(asking)


async def _asked(
    settings: MakerSettings,
    clock: Clock,
    log: MakerLogger,
    mode: RunMode,
    stack: AsyncExitStack,
    *,
    say: Callable[[str], None] | None,
) -> ReadyMaker:
    """What a try opened is closed when it fails, and stays open on `stack` else. say: as
    open_maker_session has it."""
    async with AsyncExitStack() as attempt:
        http = await attempt.enter_async_context(http_session())
        session = await open_maker_session(settings, http, clock, lasting=LASTING, say=say)
        opened = market_of(settings, session)
        identity = session.identity
        log.info(
            "Connected",
            network=network_name(settings),
            url=shown_url(session.connection.rest.url),
            account=identity.account,
            signer=identity.signer,
            role=identity.role,
            mode=identity.mode.value,
        )
        for warning in identity.warnings:
            log.warning(warning)
        folder = maker_folder(
            state_folder(settings), network_name(settings), identity.account, opened.market.coin
        )
        if mode is RunMode.LIVE:
            attempt.enter_context(locked(folder))
        paper = mode is RunMode.PAPER
        ready = await prepared(settings, opened, paper=paper)
        session.connection.rest.on_limited = None
        await stack.enter_async_context(attempt.pop_all())
    return ReadyMaker(settings, opened, ready, folder / "paper" if paper else folder)


def tell_start(ready: ReadyMaker, log: MakerLogger, mode: RunMode) -> None:
    """What is about to run."""
    settings, done = ready.settings, ready.ready
    log.info(
        "Starting market maker",
        mode=mode.value,
        asset=ready.opened.market.coin,
        quote=done.funds.collateral,
        network=network_name(settings),
        strategy=settings.strategy_type,
        target_liquidity=f"{done.size.side_value / done.mark:.6f}",
        max_position=f"{done.size.position_value / done.mark:.6f}",
        max_position_override=str(settings.max_position),
        risk_aversion=str(settings.risk_aversion),
        max_bps_diff=str(settings.max_bps_diff),
        leverage=done.leverage.leverage,
        margin="isolated" if done.leverage.isolated else "cross",
        decimals="auto" if settings.decimals is None else settings.decimals,
        dry_run=mode is RunMode.DRY,
        equity=str(done.funds.equity),
        position="0" if done.held is None else str(done.held.size),
        mark_price=str(done.mark),
    )
    for note in done.size.notes:
        log.info("Sizing", note=note)


async def run_session(
    settings: MakerSettings,
    clock: Clock,
    log: MakerLogger,
    stop: MakerStop,
    *,
    mode: RunMode = RunMode.LIVE,
    beside: Callable[[MakerParts], object] | None = None,
) -> MakerEnd:
    """Trade until `stop`, on paper where that is wanted. beside: given the parts when they are
    there, to show them. Raises what keeps it from starting; nothing is open then. A venue that does
    not answer is waited for, start_within_secs in all."""
    patience = StartPatience(clock, log, stop, settings.start_within_secs)
    async with ready_to_run(settings, clock, log, mode, patience) as ready:
        tell_start(ready, log, mode)
        folder = new_session(ready.folder, clock.now())
        parts = await maker_parts(
            settings, ready.opened, ready.ready, clock, log, folder=folder, mode=mode
        )
        left_over = False
        try:
            if mode is RunMode.LIVE:
                left_over = await patience.until_done(partial(clear_leftovers, parts))
                setting = partial(set_leverage, ready.ready, ready.opened, log)
                await patience.until_done(setting)
            if beside is not None:
                beside(parts)
            maker = Maker(parts, stop, ready.folder, left_over=left_over)
            return await maker.run(quiet=beside is not None)
        finally:
            await parts.database.close()
