"""Section 12 of the procedure on a month of simulated time, by REST, on both databases."""

import csv
import io
from decimal import Decimal, localcontext

import pytest

from market_maker.accounting.month_end import DELAY
from market_maker.cli.main import run
from market_maker.clocks import WallClock
from market_maker.model.calendar import month_named, month_of
from market_maker.model.money import MarkRecord
from market_maker.model.units import Nanos
from market_maker.serving.simulated_plan import PLAYERS
from tests.builders import enroll
from tests.e2e.running import Running
from tests.e2e.simulated import LASTS_S, copied, new_place
from tests.e2e.test_serve import wait
from tests.servers import postgresql

pytestmark = pytest.mark.slow
__all__ = ["postgresql"]

MONTH = month_of(Nanos(WallClock().now() - DELAY)).previous.name
"""The last one that a service closes by itself: those after an earlier one it would close, too."""
DAYS, SYMBOL = "1", "BTCUSDT-PERP"
SIMULATE = ("simulate", "month", "--month", MONTH, "--symbols", SYMBOL)
NAMES = [player.participant_id for player in PLAYERS]
SEED, ANOTHER = "7", "8"
"""SEED is of a market in which two desks or more gain, so that there is something to pay out."""
CLOSING_PRICE = Decimal("96876.5")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request):
    """PostgreSQL, or None."""
    return request.getfixturevalue("postgresql") if request.param == "postgresql" else None


@pytest.fixture(scope="module")
def days(postgresql, tmp_path_factory):
    """The first day of MONTH, of SEED in each kind of database and of ANOTHER, to be copied.
    They are simulated at once: each waits for its database much of the time."""
    folder = tmp_path_factory.mktemp("simulated")
    kinds = {"sqlite": (None, SEED), "postgresql": (postgresql, SEED), "another": (None, ANOTHER)}
    places = {kind: new_place(folder, f"of_{kind}", server) for kind, (server, _) in kinds.items()}
    started = [
        places[kind].start(*SIMULATE, "--days", DAYS, "--seed", seed)
        for kind, (_, seed) in kinds.items()
    ]
    ended = [process.communicate(timeout=LASTS_S) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], ended
    assert all(f"fills in {DAYS} days of {MONTH}" in out for out, _ in ended)
    return places


@pytest.fixture
def place(days, server, tmp_path):
    """A month, and what the symbol was worth when it ended."""
    made = copied(days["postgresql" if server else "sqlite"], tmp_path, "data", server)
    mark = MarkRecord(symbol=SYMBOL, ts=month_named(MONTH).end, price=CLOSING_PRICE)

    async def put(store):
        async with store.transaction() as unit:
            await unit.marks.put([mark])

    made.on_store(put)
    return made


class Desk:
    """People of the documents, by REST: each token is another person's."""

    def __init__(self, service):
        self._service = service

    def __call__(self, who, method, path, **body):
        """who: subject and role."""
        subject, role = who.split("/")
        more = {"json": body} if body else {}
        headers = {"Authorization": f"Bearer {self._service.token_of(subject, role)}"}
        return self._service.client.request(method, f"/v1{path}", headers=headers, **more)

    def ok(self, who, method, path, **body):
        answer = self(who, method, path, **body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()


def by_plain_sql(place, name):
    """What a participant made in the month, out of fills, payments and a mark alone, and exactly:
    money out and in, and what is held at the end. Integers of the grid are summed by the
    database, so that no number of it is rounded."""
    month = month_named(MONTH)
    mine = f"participant_id = '{name}' AND ts_event < {month.end}"
    sign = "CASE side WHEN 'BUY' THEN 1 ELSE -1 END"
    ((cash, lots, fees, rebates, tick, lot),) = place.asked(
        f"SELECT sum(-({sign}) * price * size), sum(({sign}) * size), "  # noqa: S608  our own names
        "sum(CASE WHEN fee > 0 THEN fee ELSE 0 END), sum(CASE WHEN fee < 0 THEN -fee ELSE 0 END), "
        f"min(tick_size), min(lot_size) FROM mm_fills WHERE {mine}"
    )
    payments = place.asked(f"SELECT amount FROM mm_funding WHERE {mine}")  # noqa: S608
    with localcontext(prec=60):
        grid = Decimal(str(tick)) * Decimal(str(lot))
        funding = sum((Decimal(str(amount)) for (amount,) in payments), Decimal(0))
        held = int(lots) * Decimal(str(lot)) * CLOSING_PRICE
        fee, rebate = (int(value) * grid / 10**8 for value in (fees, rebates))
        return {
            "fees_usdt": fee,
            "rebates_usdt": rebate,
            "funding_usdt": funding,
            "equity": int(cash) * grid + held - fee + rebate + funding,
        }


def test_section_12_from_the_pending_queue_to_the_statement(place):
    with Running(place.data_dir.parent, **place.environment) as service:
        application = Desk(service)
        # Step 1: the service has closed the month by itself.
        queue = "/settlements/pending"
        wait(lambda: len(application.ok("fin/finance", "GET", queue)["items"]) == len(NAMES))
        pending = application.ok("fin/finance", "GET", queue)["items"]
        assert sorted(row["participant_id"] for row in pending) == NAMES
        # Step 2: the numbers.
        for row in pending:
            check_numbers(place, application, row)
        # Steps 3 and 4.
        first, second, *_ = gainers(pending)
        approve(application, first)
        anew = reject(application, second)
        # Step 5: finance pays, by the wallet or by hand.
        paid = pay(application, first)
        by_hand(application, anew)
        check_statement(place, application, paid)
        # Meanwhile and afterwards the books are right, and settling again changes nothing.
        again = place.command("settle", "--month", MONTH)
        assert again.stdout.endswith("0 of them new\n"), again.stderr
        checked = place.command("ledger", "check")
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "it balances" in checked.stdout
    assert "Traceback" not in service.log.read_text()


def gainers(pending):
    """The records of those who share a gain with the platform, the largest gain first."""
    rows = sorted(pending, key=lambda row: Decimal(row["gross_pnl_usdt"]), reverse=True)
    return [row["settlement_id"] for row in rows if Decimal(row["gross_pnl_usdt"]) > 0]


def approve(application, settlement_id):
    """It needs the role, and happens once."""
    path = f"/settlements/{settlement_id}/approve"
    assert application("olga/operator", "POST", path).status_code == 403
    approved = application.ok("rita/risk", "POST", path, approved_by="ops-jane")
    assert (approved["status"], approved["claimed_by"]) == ("APPROVED", "ops-jane")
    twice = application("rita/risk", "POST", path)
    assert (twice.status_code, twice.json()["state"]) == (409, "APPROVED")


def reject(application, settlement_id):
    """With the reason; the id of the one that was made in its place, when it was asked for."""
    path = f"/settlements/{settlement_id}"
    bare = application("rita/risk", "POST", f"{path}/reject", rejected_by="ops-jane")
    assert (bare.status_code, bare.json()["field"]) == (422, "reason")
    unpaid = application("fin/finance", "POST", f"{path}/pay")
    assert (unpaid.status_code, unpaid.json()["allowed"]) == (409, ["approve", "reject"])
    application.ok("rita/risk", "POST", f"{path}/reject", reason="abnormal fills")
    anew = application.ok("adam/admin", "POST", f"{path}/recreate")
    assert anew["revision"] == 2
    return anew["settlement_id"]


def pay(application, settlement_id):
    """By the wallet, and not by the approver."""
    path = f"/settlements/{settlement_id}/pay"
    assert application("rita/risk", "POST", path).status_code == 403
    own = application("rita/finance", "POST", path)
    assert (own.status_code, own.json()["field"]) == (409, "paid_by")
    paid = application.ok("fin/finance", "POST", path)
    assert (paid["status"], paid["transfers"][0]["status"]) == ("SETTLED", "DONE")
    assert paid["wallet_txn_id"]
    return paid


def ends_with_it(row) -> bool:
    """Whether the record is of the month to its end."""
    return row["period_end"].startswith(f"{month_named(MONTH).next.name}-01")


def check_numbers(place, application, row):
    """Gross, fees and funding against plain SQL, the split against the terms, and what the
    procedure reads besides."""
    name = row["participant_id"]
    exact, known = {k: Decimal(v) for k, v in row.items() if k.endswith("_usdt") and v}, None
    if ends_with_it(row):
        known = by_plain_sql(place, name)
        equity = known.pop("equity")
        assert exact["gross_exact_usdt"] + exact["unrealised_end_usdt"] == equity
        assert {field: exact[field] for field in known} == known
    player = next(player for player in PLAYERS if player.participant_id == name)
    gross, share = exact["gross_pnl_usdt"], Decimal(player.share_pct)
    # A loss is no payout.
    shared = max(gross, Decimal(0))
    assert exact["platform_amount_usdt"] == (shared * share / 100).quantize(Decimal("0.01"))
    assert exact["net_payout_usdt"] + exact["platform_amount_usdt"] == shared
    assert (player.leaves_pct < 100) == (not ends_with_it(row))
    days = application.ok("fin/finance", "GET", f"/performance/{name}")["items"]
    assert sum(day["trades"] for day in days) == row["trades"]
    assert all(Decimal(day["q_score"]) > 0 for day in days)
    fills = application.ok("fin/finance", "GET", f"/mm-fills?participant_id={name}&limit=1000")[
        "items"
    ]
    assert len(fills) == min(row["trades"], 1_000)


def by_hand(application, settlement_id):
    """A transfer that finance made elsewhere: failed once, then seen moved."""
    path = f"/settlements/{settlement_id}"
    application.ok("rita/risk", "POST", f"{path}/approve")
    failed = application.ok("fin/finance", "POST", f"{path}/mark-failed", reason="account closed")
    assert (failed["status"], failed["allowed"]) == ("FAILED", ["retry"])
    application.ok("fin/finance", "POST", f"{path}/retry", notes="account opened again")
    settled = application.ok(
        "fin/finance", "POST", f"{path}/mark-settled", wallet_txn_id="bank-1", notes="by wire"
    )
    assert (settled["status"], settled["wallet_txn_id"]) == ("SETTLED", "bank-1")


def check_statement(place, application, record):
    """Every entry once, and the amount at the end."""
    path = f"/settlements/{record['settlement_id']}/statement"
    table = application("fin/finance", "GET", f"{path}?format=csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    entries = [row for row in rows if row["line"] == "entry"]
    assert len(entries) == record["entries"]
    net = sum(Decimal(row["net_usdt"]) for row in entries)
    assert net == Decimal(record["gross_exact_usdt"])
    assert Decimal(rows[-1]["total_usdt"]) == Decimal(record["amount_usdt"])
    page = application("fin/finance", "GET", path)
    assert page.headers["content-type"].startswith("text/html")
    assert f"{Decimal(record['amount_usdt']):,.2f} USDT" in page.text
    place.command("statement", record["settlement_id"], "--csv", str(place.data_dir / "s.csv"))
    assert (place.data_dir / "s.csv").read_bytes().decode() == table.text


def test_the_same_seed_makes_the_same_fills_and_the_same_money_on_both_databases_and_another_not(
    days,
):
    found = []
    for place in days.values():
        fills = as_text(place.asked("SELECT * FROM mm_fills ORDER BY id"))
        entries = as_text(place.asked("SELECT * FROM mm_ledger ORDER BY entry_id"))
        table = place.command("settle", "--month", MONTH, "--dry-run").stdout
        found.append((fills, entries, table))
        assert len(fills) > 100
    assert found[0] == found[1]
    assert found[0][0] != found[2][0]
    assert found[0][2] != found[2][2]


def as_text(rows):
    """Each database has types of its own for the same values."""
    return [
        tuple(f"{value:f}" if isinstance(value, Decimal) else str(value) for value in row)
        for row in rows
    ]


BAD = [
    (("--month", "2199-12"), "2199-12"),
    (("--month", MONTH, "--days", "32"), "32"),
    (("--month", MONTH, "--days", "0"), "0"),
    (("--month", MONTH, "--symbols", "NOPE"), "NOPE"),
    (("--month", MONTH, "--symbols", ""), "''"),
    (("--month", "2026-02", "--days", "29"), "29"),
    (("--month", MONTH, "--seed", "-1"), "-1"),
    ((), "--month"),
]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_audit_log_of_a_simulated_month_is_whole(days, kind):
    verified = days[kind].command("audit", "verify")
    assert verified.returncode == 0, (verified.stdout, verified.stderr)
    assert "as it was written, nothing missing" in verified.stdout


@pytest.mark.parametrize(("arguments", "named"), BAD)
def test_a_month_that_cannot_be_simulated_is_one_line_and_nothing_is_made(
    tmp_path, capsys, arguments, named
):
    folder = tmp_path / "none"
    assert run(["simulate", "month", *arguments, "--data-dir", str(folder)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1), err
    assert named in err
    assert not folder.exists()


def test_a_database_that_holds_something_is_left_alone(server, tmp_path):
    place = new_place(tmp_path, "held", server)

    async def put(store):
        async with store.transaction() as unit:
            await enroll(unit)

    place.on_store(put)
    done = place.command(*SIMULATE, "--days", "1")
    assert done.returncode == 2
    assert "holds pools or participants already" in done.stderr
    ((participants, pools),) = place.asked(
        "SELECT (SELECT count(*) FROM mm_participants), (SELECT count(*) FROM mm_pool_configs)"
    )
    assert (participants, pools) == (1, 0)
