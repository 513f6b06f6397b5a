"""What one session of a maker keeps: orders before they go out, fills, moves, the journal.

A session begins with the position that the venue shows, valued at the mark: profit and loss are the
session's own. So each session has a folder of its own; the newest are kept.
"""

import fcntl
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from msgspec import structs

from market_maker.execution.recovery import PoolStart, pool_start
from market_maker.model.errors import InvalidDataError
from market_maker.model.events import Holding
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_SECOND, VALUE_SCALE, Lots, Nanos, Value
from market_maker.ports import Unit
from market_maker.standalone.pool_of_one import MAKER, participant
from market_maker.storage.database import Database, embedded_url, open_database
from market_maker.storage.schema import upgrade_schema
from market_maker.storage.store import DatabaseStore

SESSIONS = "sessions"
SESSIONS_KEPT = 10
LOCK_NAME = "maker.lock"


def maker_folder(state: Path, network: str, account: str, coin: str) -> Path:
    """Of one account and market, for its owner alone: the lock, the heartbeat, the sessions."""
    folder = state / "makers" / network / f"{coin.replace(':', '_').replace('/', '_')}-{account}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def locked(folder: Path) -> BinaryIO:
    """Two makers of one market on one account would trade twice. Raises InvalidDataError."""
    file = (folder / LOCK_NAME).open("ab")
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    file.close()
    raise InvalidDataError(str(folder), "another maker trades this market on this account")


def running_makers(state: Path, network: str, account: str) -> list[str]:
    """Folders of makers of this account that run now on this machine, by name."""
    folders = sorted((state / "makers" / network).glob(f"*-{account}"))
    return [folder.name for folder in folders if _is_locked(folder)]


def _is_locked(folder: Path) -> bool:
    try:
        locked(folder).close()
    except InvalidDataError:
        return True
    return False


def new_session(folder: Path, now: Nanos) -> Path:
    """A folder for the session that begins; the oldest ones go."""
    stamp = datetime.fromtimestamp(now / NANOS_PER_SECOND, UTC).strftime("%Y-%m-%d_%H-%M-%S_%f")
    made = folder / SESSIONS / stamp
    made.mkdir(mode=0o700, parents=True)
    for old in sorted((folder / SESSIONS).iterdir())[:-SESSIONS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return made


async def opened_store(folder: Path) -> tuple[Database, DatabaseStore]:
    """A new database in `folder`."""
    database = open_database(embedded_url(folder))
    await upgrade_schema(database)
    return database, DatabaseStore(database)


async def begin_pool(
    store: DatabaseStore, instrument: Instrument, config: PoolConfig, holding: Holding, now: Nanos
) -> PoolStart:
    """Write the pool and its member down; where the engine begins, with the position it takes
    over."""
    (member,) = config.members

    async def write(unit: Unit) -> None:
        await unit.participants.add(participant(member.account_id, now))
        await unit.pools.add(structs.replace(config, members=()), now)
        await unit.members.add(config.symbol, member, now)

    await store.commit(write)
    start = await pool_start(store, instrument, now)
    restored = structs.replace(start.restored, pool=holding, members=((MAKER, holding),), stamp=now)
    return structs.replace(start, config=config, restored=restored)


def taken_over(lots: Lots, mark: int) -> Holding:
    """A position that is there already, bought at the mark: from here on it wins or loses."""
    value = lots * mark * VALUE_SCALE
    return Holding(lots, Value(abs(value)), Value(-value), Value(0), Value(0), Value(0))
