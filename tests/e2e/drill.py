"""A service and an exchange, each in a process of its own, to be killed and checked again."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import PIPE, TimeoutExpired

import httpx

from market_maker.clocks import WallClock
from market_maker.telemetry.logging import utc
from tests.e2e.running import stopping_at

ROOT = Path(__file__).resolve().parents[2]
SYMBOLS = ("BTCUSDT-PERP", "ETHUSDT-PERP")
WEIGHTS = {"acme": "60", "beta": "40"}
ACCOUNTS = tuple(f"account-{name}" for name in WEIGHTS)
SETTLED_WITHIN_S = 60.0
QUOTING_WITHIN_S = 60.0
PUT_AWAY_WITHIN_S = 60.0
STEP_S = 0.05
"""Between two tries: each is a dozen requests, and the service has other things to do."""


POOL = {
    "enabled": True,
    "gamma": "0.01",
    "kappa": "200",
    "tau": "1",
    "vol_lookback_seconds": 60,
    "num_levels": 2,
    "level_spacing_bps": "0.5",
    "min_spread_bps": "0.1",
    "max_spread_bps": "30",
    "order_size_usdt": "1000",
    "max_pool_position_usdt": "60000",
    "max_pool_loss_usdt": "5000",
    "check_staleness": True,
    "staleness_threshold_ms": "2000",
    "quote_interval_ms": "20",
    "price_threshold_bps": "0.05",
    "warmup_samples": 2,
    "max_messages_per_second": 1000,
    # A machine that starves everything for a minute is not what these drills are about.
    "market_data_halt_seconds": 300,
}
MEMBER = {"position_limit_usdt": "30000", "max_loss_usdt": "4000"}
PARTICIPANT = {
    "initial_margin_usdt": "100000",
    "max_drawdown_pct": "20",
    "revenue_model": "KEEP_ALL",
    "revenue_share_pct": "0",
    "tier": "TIER_3",
    "enrolled_by": "drill",
    "notes": "",
}


# A process that was killed takes its connections with it, so none is used twice.
CLIENT = httpx.Client(trust_env=False, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))

RUN = "from market_maker.cli.start import main; main()"


def market_maker(log: Path, *arguments, **variables):
    """A process of ours; what it logs is appended to `log`."""
    with log.open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-c", RUN, *arguments],
            env={"PYTHONPATH": str(ROOT / "src"), "MM_ENGINE": "interpreted", **variables},
            stdout=PIPE,
            stderr=errors,
            text=True,
        )


def address_in(process, log):
    """The address that a process prints in its first line, once it answers."""
    line = process.stdout.readline()
    assert "http://" in line, log.read_text()[-2_000:]
    return "http://" + line.partition("http://")[2].split()[0]


def ask(url, method="GET", body=None):
    """Status and answer."""
    answer = CLIENT.request(method, url, json=body)
    return answer.status_code, answer.json()


class ExchangeProcess(AbstractContextManager):
    """The emulated exchange."""

    def __init__(self, folder: Path, *options):
        log = folder / "exchange.log"
        self.process = market_maker(log, "emulate", "exchange", "--port", "0", *options)
        self.url = address_in(self.process, log)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=PUT_AWAY_WITHIN_S)

    def ever(self, symbol, after=0):
        """Every order it ever received, or those after so many."""
        orders = []
        while True:
            _, page = ask(f"{self.url}/v1/orders?symbol={symbol}&after={after + len(orders)}")
            orders += page["orders"]
            if not page["more"]:
                return orders

    def open_count(self):
        return sum(
            len(ask(f"{self.url}/v1/orders?symbol={symbol}&account_id={account}")[1]["orders"])
            for symbol in SYMBOLS
            for account in ACCOUNTS
        )

    def position(self, symbol, account):
        """Lots."""
        query = f"symbol={symbol}&account_id={account}"
        return ask(f"{self.url}/v1/positions?{query}")[1]["lots"]

    def fills(self, symbol):
        """(account, trade id, order, price, size, fee) of every fill of our accounts."""
        found, after = set(), 0
        for account in ACCOUNTS:
            after = 0
            while True:
                query = f"symbol={symbol}&account_id={account}&after={after}"
                page = ask(f"{self.url}/v1/fills?{query}")[1]["fills"]
                if not page:
                    break
                after = page[-1]["trade_id"]
                names = ("trade_id", "client_order_id", "price", "size", "fee")
                found |= {(account, *(fill[name] for name in names)) for fill in page}
        return found


class Service:
    """`market_maker serve` on a data directory, trading on an exchange."""

    def __init__(self, exchange, data_dir: Path):
        self._exchange, self.data_dir = exchange, data_dir
        self._log = data_dir / "service.log"
        self.process = None
        self.url, self.shutdown_timeout = "", "15s"
        self.settings = {}

    def start(self):
        self.process = market_maker(
            self._log,
            "serve",
            "--data-dir",
            str(self.data_dir),
            HTTP_PORT="any",
            METRICS_PORT="any",
            DISABLE_AUTH="true",
            SHUTDOWN_TIMEOUT=self.shutdown_timeout,
            **{"ORDER_SERVICE_URL": self._exchange.url, **self.settings},
        )
        self.url = address_in(self.process, self._log)

    def kill_nine(self):
        self.process.kill()
        self.process.communicate()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def ended(self, within_s):
        """Exit code."""
        self.process.communicate(timeout=within_s)
        return self.process.returncode

    def put_away(self):
        """End it, frozen or not, where it has not ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.terminate()
            self.ended(PUT_AWAY_WITHIN_S)

    def stays_up(self, for_s):
        """It must not end by itself meanwhile."""
        try:
            self.process.wait(timeout=for_s)
        except TimeoutExpired:
            return
        raise AssertionError(f"ended with {self.process.returncode}:\n{self.said()}")

    def said(self):
        """The end of its log."""
        return self._log.read_text("utf-8", "replace")[-4_000:]

    def ask(self, method, path, body=None):
        """Status and answer. A service that is gone has said why."""
        try:
            return ask(f"{self.url}{path}", method, body)
        except httpx.TransportError as error:
            code = self.process.poll()
            problem = f"{method} {path}: {error!r}; exit code {code}; its log ends:"
            raise AssertionError(f"{problem}\n{self.said()}") from error

    def call(self, method, path, body=None, expected=(200, 201)):
        status, answer = self.ask(method, f"/v1{path}", body)
        assert status in expected, (method, path, status, answer)
        return answer

    def until(self, happened, within_s, what):
        clock = WallClock()
        deadline = clock.now() + round(within_s * 1e9)
        while not (answer := happened()):
            late = clock.now() >= deadline
            assert not late, (what() if callable(what) else what, self.said())
            self.stays_up(STEP_S)
        return answer

    def set_up(self):
        """Pools with members, as an operator would make them."""
        for symbol in SYMBOLS:
            self.call("POST", "/pools", {"symbol": symbol, **POOL})
        for name, weight in WEIGHTS.items():
            given = {"user_id": name, "account_id": f"account-{name}", "display_name": name}
            made = self.call("POST", "/participants", {**PARTICIPANT, **given})
            participant_id = made["participant_id"]
            self.call("POST", f"/participants/{participant_id}/activate", {})
            member = {**MEMBER, "participant_id": participant_id, "capital_weight_pct": weight}
            for symbol in SYMBOLS:
                self.call("POST", f"/pools/{symbol}/members", member)

    def statuses(self):
        return [self.call("GET", f"/pools/{symbol}/status") for symbol in SYMBOLS]

    def enable(self):
        for symbol in SYMBOLS:
            self.until(
                lambda name=symbol: self.ask("POST", f"/v1/pools/{name}/enable", {})[0] == 200,
                SETTLED_WITHIN_S,
                f"{symbol} cannot be enabled",
            )

    def wait_until_quoting(self):
        """New orders arrive at the exchange."""
        before = {symbol: len(self._exchange.ever(symbol)) for symbol in SYMBOLS}
        self.until(
            lambda: all(self._exchange.ever(symbol, before[symbol]) for symbol in SYMBOLS),
            QUOTING_WITHIN_S,
            lambda: ("no orders", self.statuses()),
        )

    def wait_until_settled(self):
        """Nothing open, and every position is the exchange's."""
        self.until(self._settled, SETTLED_WITHIN_S, lambda: ("not settled", self._why_unsettled()))

    def _settled(self):
        return not self._why_unsettled()

    def _why_unsettled(self):
        left = self._exchange.open_count()
        unproved = [s["symbol"] for s in self.statuses() if s["cancel_unconfirmed"]]
        wrong = [
            (symbol, account, held, there)
            for symbol, account, held in self._stored_positions()
            if held != (there := self._exchange.position(symbol, account))
        ]
        unsettled = [left, unproved, wrong, self.open_rows()]
        return unsettled if any(unsettled) else []

    def _stored_positions(self):
        ledger = self.ledger()
        for symbol in SYMBOLS:
            for account in ACCOUNTS:
                mine = [row for row in ledger if row[:2] == (symbol, account)]
                yield symbol, account, sum(row[-1] * row[5] for row in mine)

    def ledger(self):
        """Stored fills: (symbol, account, trade id, order, price, size, fee, sign)."""
        query = (
            "SELECT symbol, account_id, trade_id, client_order_id, price, size, fee,"
            " CASE side WHEN 'BUY' THEN 1 ELSE -1 END FROM mm_fills"
        )
        return self._read(query)

    def intents(self):
        """Names of all stored orders."""
        return {name for (name,) in self._read("SELECT client_order_id FROM mm_orders")}

    def decided_after_stop(self):
        """Stored orders that were decided after the service said that it stops."""
        stop, query = stopping_at(self._log), "SELECT client_order_id, created_at FROM mm_orders"
        return [name for name, moment in self._read(query) if utc(moment) > stop]

    def open_rows(self):
        """Stored orders that may be open."""
        rows = self._read("SELECT client_order_id, status FROM mm_orders")
        return [row for row in rows if row[1] not in {"FILLED", "CANCELED", "REJECTED"}]

    def _read(self, query):
        path = self.data_dir / "market_maker.db"
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
