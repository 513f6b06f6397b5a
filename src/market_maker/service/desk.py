"""The desk: one asynchronous method per operator command and query. API and CLI call nothing else.

Every method raises DomainErrors where the rules say no (NotFoundError, ConflictError,
InvalidFieldError, IllegalTransitionError) and StoreUnavailableError where the database does not
answer. Commands take the caller first; what they did is in the audit log with them. Queries take
no caller: who may ask is the API's matrix.
"""

from msgspec import Struct

from market_maker.model.money import MoneyFlow
from market_maker.ports import Wallet
from market_maker.service.analytics import Analytics
from market_maker.service.backroom import Backroom
from market_maker.service.books import Books
from market_maker.service.controls import Controls
from market_maker.service.memberships import Memberships
from market_maker.service.participants import Participants
from market_maker.service.payouts import Payouts
from market_maker.service.pools import Pools
from market_maker.service.recorder import Recorder
from market_maker.service.records import Records
from market_maker.service.scores import Scores
from market_maker.service.settling import Settling
from market_maker.service.statements import Statements


class Desk(Struct, frozen=True):
    """pools: configurations. members: who is in a pool. participants: who they are. controls:
    live states, start and stop, emergency. records: orders and fills, read-only. scores: how well
    members quote, and what was promised. analytics: what trading came to. books: fills
    taken apart, and the ledger. settlements: who is owed
    what for a month; payouts: the wallet's part of it; statements: every step of it, to be read."""

    pools: Pools
    members: Memberships
    participants: Participants
    controls: Controls
    records: Records
    scores: Scores
    analytics: Analytics
    books: Books
    settlements: Settling
    payouts: Payouts
    statements: Statements


def desk_of(backroom: Backroom, recorder: Recorder, wallet: Wallet, money_flow: MoneyFlow) -> Desk:
    """A desk with everything on it. money_flow: where trading profits lie."""
    return Desk(
        pools=Pools(backroom),
        members=Memberships(backroom),
        participants=Participants(backroom),
        controls=Controls(backroom, recorder),
        records=Records(backroom),
        scores=Scores(backroom),
        analytics=Analytics(backroom),
        books=Books(backroom),
        settlements=Settling(backroom, money_flow),
        payouts=Payouts(backroom, wallet),
        statements=Statements(backroom.store),
    )
