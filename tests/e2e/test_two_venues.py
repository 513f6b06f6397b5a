"""One service, two venues: a pool on the order service and one at Hyperliquid, by their `venue`."""

import signal

import pytest

from market_maker.venues.hyperliquid.keys import SigningKey
from tests.e2e.drill import (
    MEMBER,
    PARTICIPANT,
    POOL,
    PUT_AWAY_WITHIN_S,
    ExchangeProcess,
    Service,
    address_in,
    ask,
    market_maker,
)
from tests.e2e.test_hyperliquid_dead_man import ACCOUNT, AGENT, COIN, MAKER, Emulator, until

pytestmark = pytest.mark.slow

HERE = "BTCUSDT-PERP"
WIDE = {**POOL, "min_spread_bps": "5", "max_spread_bps": "50"}


class TwoVenues(Service):
    """`market_maker serve` on an order service and at Hyperliquid."""

    def __init__(self, exchange, venue, data_dir):
        super().__init__(exchange, data_dir)
        self._venue = venue

    def start(self):
        self.process = market_maker(
            self._log,
            *("serve", "--data-dir", str(self.data_dir)),
            HTTP_PORT="any",
            METRICS_PORT="any",
            DISABLE_AUTH="true",
            ORDER_SERVICE_URL=self._exchange.url,
            MM_HYPERLIQUID="true",
            HYPERLIQUID_NETWORK=self._venue.url,
            HYPERLIQUID_PRIVATE_KEY=MAKER,
            HYPERLIQUID_DEXES="main,hyna",
        )
        self.url = address_in(self.process, self._log)

    def put_pool(self, symbol, account, **fields):
        """A pool with one member, enabled."""
        self.call("POST", "/pools", {"symbol": symbol, **WIDE, **fields})
        given = {"user_id": account, "account_id": account, "display_name": account}
        name = self.call("POST", "/participants", {**PARTICIPANT, **given})["participant_id"]
        self.call("POST", f"/participants/{name}/activate", {})
        member = {**MEMBER, "participant_id": name, "capital_weight_pct": "100"}
        self.call("POST", f"/pools/{symbol}/members", member)

    def enable_pool(self, symbol):
        path = f"{self.url}/v1/pools/{symbol}/enable"
        self.until(lambda: ask(path, "POST", {})[0] == 200, 30, lambda: ask(path, "POST", {}))


@pytest.fixture
def both(tmp_path):
    with Emulator(tmp_path) as venue, ExchangeProcess(tmp_path, "--seed", "5") as exchange:
        service = TwoVenues(exchange, venue, tmp_path)
        try:
            service.start()
            yield exchange, venue, service
        finally:
            if service.process.poll() is None:
                service.kill_nine()


def test_pools_trade_where_they_say_and_end_with_proof_at_both(both, tmp_path):
    exchange, venue, service = both
    status, refused = ask(f"{service.url}/v1/pools", "POST", {"symbol": COIN, **WIDE})
    assert (status, "hyperliquid, which lists hyna:BTC" in str(refused)) == (422, True), refused
    service.put_pool(HERE, "account-acme")
    service.put_pool(COIN, ACCOUNT, venue="hyperliquid")
    for symbol in (HERE, COIN):
        service.enable_pool(symbol)
    until(lambda: venue.ask("openOrders", dex="hyna"), PUT_AWAY_WITHIN_S)
    until(lambda: exchange.ever(HERE), 30)
    shown = {each["symbol"]: each["venue"] for each in service.call("GET", "/pools")["items"]}
    assert shown == {HERE: "order service", COIN: "hyperliquid"}
    agent = tmp_path / "agent.key"
    agent.touch(0o600)
    agent.write_text(AGENT)
    dog = market_maker(
        tmp_path / "dog.log",
        *("watchdog", "--patience", "1", "--data-dir", str(tmp_path)),
        ORDER_SERVICE_URL=exchange.url,
        HYPERLIQUID_NETWORK=venue.url,
        WATCHDOG_HYPERLIQUID_KEY_FILE=str(agent),
    )
    try:
        said = dog.stdout.readline() + dog.stdout.readline()
        assert "cancels at the order service and Hyperliquid" in said
        service.kill_nine()
        until(lambda: not venue.open_count() and not exchange.open_count(), PUT_AWAY_WITHIN_S)
    finally:
        dog.terminate()
        dog.communicate(timeout=PUT_AWAY_WITHIN_S)
    service.start()
    for symbol in (HERE, COIN):
        service.enable_pool(symbol)
    until(lambda: venue.ask("openOrders", dex="hyna"), PUT_AWAY_WITHIN_S)
    service.process.send_signal(signal.SIGTERM)
    assert service.ended(PUT_AWAY_WITHIN_S) == 0
    assert venue.open_count() == exchange.open_count() == 0


def test_a_key_without_an_account_keeps_the_service_from_starting_in_one_line(tmp_path):
    with Emulator(tmp_path) as venue:
        done = market_maker(
            tmp_path / "refused.log",
            *("serve", "--data-dir", str(tmp_path)),
            HTTP_PORT="any",
            METRICS_PORT="any",
            MM_HYPERLIQUID="true",
            HYPERLIQUID_NETWORK=venue.url,
            HYPERLIQUID_PRIVATE_KEY="09" * 32,
        )
        done.communicate(timeout=PUT_AWAY_WITHIN_S)
        said = (tmp_path / "refused.log").read_text()
        assert done.returncode != 0
        address = SigningKey.from_text("09" * 32).address
        assert f"{address} is no account and no agent" in said
        assert "Traceback" not in said
