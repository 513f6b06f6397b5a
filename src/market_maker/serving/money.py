"""Background tasks for scores and settlements, and the wallet that pays."""

from random import Random

from msgspec import Struct

from market_maker.accounting.marking import Marking
from market_maker.accounting.month_end import MonthEnd
from market_maker.accounting.payouts import Payouts
from market_maker.accounting.settlement_watch import SettlementWatch
from market_maker.application import Application
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.performance.presence import PresenceBook
from market_maker.performance.rollup import RollUp
from market_maker.performance.sampling import Sampler
from market_maker.ports import Clock, Wallet
from market_maker.serving.clock_watch import ClockWatch
from market_maker.settings import Settings
from market_maker.telemetry.logging import Logger
from market_maker.telemetry.page import MoneyReading
from market_maker.venues.wallet.embedded import FILE_NAME, EmbeddedWallet
from market_maker.venues.wallet.http import HttpWallet


class MoneyDuties(Struct, frozen=True):
    """Each has a `step` that does what is due."""

    sampler: Sampler
    marking: Marking
    rollup: RollUp
    month_end: MonthEnd
    payouts: Payouts
    watch: SettlementWatch

    def reading(self) -> MoneyReading:
        """For the metrics."""
        return MoneyReading(
            q_scores=self.watch.q_scores,
            settlements={status.value: n for status, n in self.watch.settlements.items()},
            snapshots=self.sampler.snapshots,
            rollups=self.rollup.rolled,
            snapshots_waiting=self.sampler.book.waiting,
            snapshots_lost=self.sampler.book.lost,
            rounds_missed=self.sampler.missed,
            fills_marked=self.marking.marked,
            marks_lost=self.marking.lost,
            transfers_unknown=self.payouts.unknown,
            month_end_failed=bool(self.month_end.problem),
        )


def wallet_of(settings: Settings, clock: Clock) -> Wallet:
    """The wallet service, or the embedded one."""
    if settings.wallet_url is not None:
        return HttpWallet(settings.wallet_url, clock, settings.wallet_token)
    return EmbeddedWallet(settings.data_dir / FILE_NAME, clock)


def duties_of(
    settings: Settings,
    clock: Clock,
    watch: ClockWatch,
    application: Application,
    log: Logger,
) -> MoneyDuties:
    """Put together. watch: of `clock`. The sampler's moments follow from the seed and the moment of
    the start, which is not known outside to the nanosecond."""
    store, engine_host = application.running.store, application.running.engine_host
    dice = Random(f"{settings.seed}/{clock.now()}/presence")  # noqa: S311  nothing secret
    interval = Nanos(round(settings.performance_snapshot_interval * NANOS_PER_SECOND))
    book = PresenceBook(store)
    return MoneyDuties(
        sampler=Sampler(clock, engine_host, book, dice, interval),
        marking=Marking(store, clock, engine_host),
        rollup=RollUp(store, clock, book),
        month_end=MonthEnd(application.settlements, clock, log, lambda: watch.doubt),
        payouts=application.payouts,
        watch=SettlementWatch(store, clock),
    )
