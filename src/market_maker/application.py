"""The application: one asynchronous method per operator command and query, for API and CLI.

Every method raises DomainErrors where the rules say no (NotFoundError, ConflictError,
InvalidFieldError, IllegalTransitionError) and StoreUnavailableError where the database does not
answer. Commands take the caller first; what they did is in the audit log with them. Queries take
no caller: who may ask is the API's matrix.
"""

from msgspec import Struct

from market_maker.accounting.analytics import Analytics
from market_maker.accounting.fill_attribution import FillAttribution
from market_maker.accounting.payouts import Payouts
from market_maker.accounting.settling import Settling
from market_maker.accounting.statements import Statements
from market_maker.execution.running_pools import RunningPools
from market_maker.journaling.audit import AuditTrail
from market_maker.model.money import MoneyFlow
from market_maker.operations.alert_board import AlertBoard
from market_maker.operations.memberships import Memberships
from market_maker.operations.order_records import OrderHistory
from market_maker.operations.participant_limits import ParticipantLimits
from market_maker.operations.participants import ParticipantDirectory
from market_maker.operations.pool_controls import PoolControls
from market_maker.operations.pool_history import PoolHistory
from market_maker.operations.pool_story import PoolStory
from market_maker.operations.pools import PoolDirectory
from market_maker.performance.scores import Scores
from market_maker.ports import Clock, Store, Wallet


class Application(Struct, frozen=True):
    """running: the engines, by symbol. pools: configurations. members: who is in a pool.
    participants: who they are; limits: theirs over all pools. controls: live states, start and
    stop, emergency. records: orders and fills. scores: how well members quote. analytics: what
    trading came to. books: fills taken apart, and the ledger. settlements: who is owed what for a
    month; payouts: the wallet's part of it; statements: every step of it, to be read.
    alerts: what calls for an operator. history: the pools' series; story: versions and
    events of each."""

    running: RunningPools
    pools: PoolDirectory
    members: Memberships
    participants: ParticipantDirectory
    limits: ParticipantLimits
    controls: PoolControls
    records: OrderHistory
    scores: Scores
    analytics: Analytics
    books: FillAttribution
    settlements: Settling
    payouts: Payouts
    statements: Statements
    alerts: AlertBoard
    history: PoolHistory
    story: PoolStory


def application_of(
    *,
    store: Store,
    trail: AuditTrail,
    clock: Clock,
    pools: RunningPools,
    controls: PoolControls,
    wallet: Wallet,
    money_flow: MoneyFlow,
) -> Application:
    """An application with all of its parts. controls: of the engines that `pools` shows.
    money_flow: where trading profits lie."""
    participants = ParticipantDirectory(store, trail, clock, pools)
    return Application(
        running=pools,
        pools=PoolDirectory(store, trail, clock, pools),
        members=Memberships(store, trail, clock, pools),
        participants=participants,
        limits=ParticipantLimits(pools, participants, clock),
        controls=controls,
        records=OrderHistory(store, clock, pools.instruments),
        scores=Scores(store, trail, clock, pools.instruments),
        analytics=Analytics(store, clock, pools),
        books=FillAttribution(store, pools.instruments),
        settlements=Settling(store, trail, clock, money_flow),
        payouts=Payouts(store, trail, clock, wallet),
        statements=Statements(store),
        alerts=AlertBoard(store, trail, clock, pools.engine_host),
        history=PoolHistory(store, pools, clock),
        story=PoolStory(store),
    )
