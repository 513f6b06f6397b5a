"""The desk: one asynchronous method per operator command and query. API and CLI call nothing else.

Every method raises DomainErrors where the rules say no (NotFoundError, ConflictError,
InvalidFieldError, IllegalTransitionError) and StoreUnavailableError where the database does not
answer. Commands take the caller first; what they did is in the audit log with them. Queries take
no caller: who may ask is the API's matrix.
"""

from msgspec import Struct

from market_maker.service.controls import Controls
from market_maker.service.memberships import Memberships
from market_maker.service.participants import Participants
from market_maker.service.pools import Pools
from market_maker.service.records import Records


class Desk(Struct, frozen=True):
    """pools: configurations. members: who is in a pool. participants: who they are. controls:
    live states, start and stop, emergency. records: orders and fills, read-only."""

    pools: Pools
    members: Memberships
    participants: Participants
    controls: Controls
    records: Records
