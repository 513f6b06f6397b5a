"""A venue on virtual time and a client that signs, for tests of the emulator."""

from decimal import Decimal

import msgspec

from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.numbers import bare
from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from market_maker.emulators.hyperliquid.venue import Hyperliquid, VenueSettings
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.actions import limit_order
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.signing import Network, SigningTerms, body, signed
from tests.support.hyperliquid_transfers import user_signed

NOON = Nanos(1_795_000_000 * NANOS_PER_SECOND)
KEY = SigningKey.from_text("0x" + "0123456789" * 6 + "0123")
STRANGER = SigningKey.from_text("0x" + "11" * 32)
BTC, ETH, HYNA_BTC, TSLA, GOLD = 0, 1, 140_000, 110_001, 110_002
PEER = "127.0.0.1"


class Box:
    """One venue with one funded account. Time stands still between calls unless it is moved."""

    def __init__(
        self, settings=None, coins=("BTC", "ETH", "hyna:BTC"), usd=100_000, markets=None, **caps
    ):
        amounts = {name.replace("__", ":"): Decimal(cap) for name, cap in caps.items()}
        self.now = NOON
        settings = settings or VenueSettings(schedule_volume=Decimal(0))
        self.venue = Hyperliquid(universe(coins, amounts), NOON, settings, markets)
        self.account = self.venue.fund(TEST_ADDRESS, Decimal(usd))
        self.nonce = NOON // NANOS_PER_MS

    def wait(self, seconds, step=0.1):
        """Let time pass."""
        for _ in range(round(seconds / step)):
            self.now = Nanos(self.now + int(step * NANOS_PER_SECOND))
            self.venue.tick(self.now)

    def info(self, kind, **terms):
        """The answer to a question."""
        reply = self.venue.ask(PEER, msgspec.json.encode({"type": kind, **terms}), self.now)
        assert reply.status == 200, reply
        return msgspec.json.decode(reply.body)

    def terms(self, **terms):
        """With a nonce of its own."""
        self.nonce += 1
        return SigningTerms(
            terms.pop("nonce", self.nonce), terms.get("vault"), terms.get("expires")
        )

    def send(self, action, key=KEY, network=Network.TESTNET, **terms):
        """The answer to a signed action."""
        return self.post(body(signed(key, action, self.terms(**terms), network)))

    def send_user(self, action, key=KEY):
        """The answer to an action that the account's own key signs."""
        self.nonce += 1
        return self.post(body(user_signed(key, action, self.nonce, Network.TESTNET)))

    def post(self, raw):
        """The answer to a body."""
        reply = self.venue.act(PEER, raw, self.now)
        assert reply.status == 200, reply
        return msgspec.json.decode(reply.body)

    def place(self, *orders, grouping="na", **terms):
        """Statuses of orders made by `order`."""
        answer = self.send({"type": "order", "orders": orders, "grouping": grouping}, **terms)
        assert answer["status"] == "ok", answer
        return answer["response"]["data"]["statuses"]

    def one(self, *arguments, **terms):
        """The status of one order."""
        (status,) = self.place(order(*arguments, **terms))
        return status

    def best(self, coin="BTC"):
        """Best bid and ask."""
        bids, asks = self.info("l2Book", coin=coin)["levels"]
        return Decimal(bids[0]["px"]), Decimal(asks[0]["px"])

    def open_orders(self, dex=""):
        """Of the account."""
        return self.info("openOrders", user=TEST_ADDRESS, dex=dex)

    def state(self, dex=""):
        """Of the account."""
        return self.info("clearinghouseState", user=TEST_ADDRESS, dex=dex)

    def socket(self, *subscriptions):
        """A socket that has subscribed; what that brought at once is left out."""
        connection = self.venue.connect(PEER, self.now)
        for terms in subscriptions:
            self.say(connection, {"method": "subscribe", "subscription": terms})
        connection.drain()
        return connection

    def say(self, connection, message):
        """A message on a socket."""
        raw = message if isinstance(message, bytes) else msgspec.json.encode(message)
        self.venue.hear(connection, raw, self.now)


def heard(connection):
    """What has arrived on a socket."""
    return [msgspec.json.decode(frame) for frame in connection.drain()]


def order(asset, buy, price, size, **terms):
    """A limit order, post-only unless `tif` says otherwise."""
    named = {name: terms[name] for name in ("reduce_only", "tif", "cloid") if name in terms}
    written = [bare(one) if isinstance(one, Decimal) else str(one) for one in (price, size)]
    return limit_order(asset, buy=buy, price=written[0], size=written[1], **named)
