import subprocess
import sys

from sqlalchemy import inspect

from market_maker.storage.database import embedded_url, open_database
from market_maker.storage.schema import upgrade_schema
from tests.support.patient_loop import patient

ASKED = (
    "from market_maker.storage import rights\n"
    "print(*sorted({table for table, _ in rights._needed()}))"
)


async def migrated(folder):
    database = open_database(embedded_url(folder))
    try:
        await upgrade_schema(database)
        async with database.reader.connect() as connection:
            return await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    finally:
        await database.close()


def test_a_process_that_has_read_nothing_else_asks_for_the_rights_of_every_table(tmp_path):
    asked = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, text=True, check=True
    ).stdout.split()
    assert asked == sorted(set(patient(migrated(tmp_path))) - {"alembic_version"})
