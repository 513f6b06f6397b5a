"""A crowd that trades, cancels, moves money and errs on the emulated Hyperliquid, seed by seed: the
venue's own books agree with one another, and equal seeds are equal to the byte."""

import hashlib
import random
from decimal import Decimal

import msgspec
import pytest

from market_maker.emulators.hyperliquid.faults import VenueFaults
from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from market_maker.emulators.hyperliquid.venue import VenueSettings
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.signing import Network, body, signed
from tests.unit.emulators.hyperliquid.box import KEY, Box, order

COINS = ("BTC", "hyna:BTC", "xyz:TSLA")
OTHER = SigningKey.from_text("0x" + "33" * 32)
SEEDS = 6
STEPS = 150
DUST = Decimal("1e-12")


class Crowd:
    """Two accounts that do anything."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        faults = VenueFaults(busy=0.05, duplicate_fill=0.2, late_fill=0.2, open_first=0.5)
        limits = VenueLimits(ip_weight=None, free_actions=None)
        settings = VenueSettings(
            seed=seed, limits=limits, faults=faults, schedule_volume=Decimal(0)
        )
        self.box = Box(settings, coins=COINS, usd=3_000, xyz__TSLA=6_000)
        self.box.venue.fund(OTHER.address, Decimal(3_000))
        self.put_in = {TEST_ADDRESS: Decimal(0), OTHER.address: Decimal(0)}
        self.transcript = hashlib.blake2b()
        self.socket = self.box.socket(
            *({"type": kind, "user": TEST_ADDRESS} for kind in ("userFills", "orderUpdates"))
        )
        self.started = {name: self.money(name) for name in self.put_in}

    def step(self):
        rng = self.rng
        doing = rng.choice([self.place] * 6 + [self.cancel, self.modify, self.set, self.wait])
        doing(rng.choice([KEY, OTHER]))
        for frame in self.socket.drain():
            self.transcript.update(frame)

    def place(self, key):
        rng, box = self.rng, self.box
        listed = box.venue.world.universe.coin(rng.choice(COINS))
        bids, asks = box.info("l2Book", coin=listed.perp.name)["levels"]
        near = Decimal(rng.choice(rng.choice([bids, asks]))["px"])
        size = Decimal(rng.randint(1, 40)) * 20 / near
        terms = {
            "tif": rng.choice(["Alo", "Alo", "Gtc", "Ioc"]),
            "reduce_only": rng.random() < 0.2,
        }
        if rng.random() < 0.5:
            terms["cloid"] = f"0x{rng.getrandbits(128):032x}"
        lots = size.quantize(listed.perp.lot)
        one = order(listed.asset, rng.random() < 0.5, near, lots, **terms)
        self.send({"type": "order", "orders": [one], "grouping": "na"}, key)

    def cancel(self, key):
        one = self.any_open(key)
        if one is not None:
            wish = {"a": one.listed.asset, "o": one.oid}
            self.send({"type": "cancel", "cancels": [wish, wish]}, key)

    def modify(self, key):
        one = self.any_open(key)
        if one is not None:
            price = one.price * one.listed.perp.tick
            size = one.leaves * one.listed.perp.lot
            changed = order(one.listed.asset, one.buy, price, size, cloid=one.cloid)
            self.send({"type": "modify", "oid": one.oid, "order": changed}, key)

    def set(self, key):
        asset = self.box.venue.world.universe.coin(self.rng.choice(COINS)).asset
        terms = {"isCross": self.rng.random() < 0.5, "leverage": self.rng.randint(1, 12)}
        self.send({"type": "updateLeverage", "asset": asset, **terms}, key)
        terms = {"isBuy": True, "ntli": self.rng.randint(-(10**8), 10**8)}
        self.send({"type": "updateIsolatedMargin", "asset": asset, **terms}, key)

    def wait(self, _key):
        self.box.wait(self.rng.choice([0.1, 1, 5]))

    def any_open(self, key):
        orders = self.box.venue.world.orders.open_of(key.address)
        return self.rng.choice(orders) if orders else None

    def send(self, action, key):
        raw = body(signed(key, action, self.box.terms(), Network.TESTNET))
        reply = self.box.venue.act("127.0.0.1", raw, self.box.now)
        assert reply.status in {200, 502}
        self.transcript.update(reply.body)

    def money(self, address):
        """What an account is worth at cost: its cash, its isolated margin, what positions cost."""
        account = self.box.venue.world.accounts.find(address)
        held = sum((one.raw + one.cost for one in account.holdings.values()), Decimal(0))
        return sum(account.cash.values(), Decimal(0)) + held


def check(crowd):
    world = crowd.box.venue.world
    for address in crowd.put_in:
        account = world.accounts.find(address)
        fills = [fill.shown for fill in account.fills]
        earned = sum((Decimal(f["closedPnl"]) - Decimal(f["fee"]) for f in fills), Decimal(0))
        cents = Decimal("0.000001") * (len(fills) + 1)  # the list shows money to the millionth
        assert abs(crowd.money(address) - crowd.started[address] - earned) <= cents
        check_positions(account, fills, world)
        check_orders(address, world)


def check_positions(account, fills, world):
    for asset, held in account.holdings.items():
        perp = world.universe.asset(asset).perp
        signed = sum(
            (
                Decimal(f["sz"]) * (1 if f["side"] == "B" else -1)
                for f in fills
                if f["coin"] == perp.name
            ),
            Decimal(0),
        )
        assert held.lots * perp.lot == signed
        assert world.markets[asset]._market.position(account.address) == held.lots
        if not held.lots:
            assert held.cost == held.raw == 0


def check_orders(address, world):
    opened = world.orders.open_of(address)
    for listed in world.universe.listed:
        if listed.perp.delisted:
            continue
        ours = {(o.oid, o.price, o.leaves) for o in opened if o.listed == listed}
        market = world.markets[listed.asset]._market
        theirs = {(o.order_id, o.price, o.leaves) for o in market.open_orders(address)}
        assert ours == theirs
        buys = sum(o.leaves for o in opened if o.listed == listed and o.buy and not o.reduce_only)
        assert world.orders.working(address, listed.asset)[0] == buys
    names = [o.cloid for o in opened if o.cloid]
    assert len(names) == len(set(names))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_a_crowd_does_the_venues_books_agree(seed):
    crowd = Crowd(seed)
    for number in range(STEPS):
        crowd.step()
        if number % 10 == 0:
            check(crowd)
    crowd.box.wait(3)
    check(crowd)
    # It was a crowd that traded: nothing here holds only because nothing happened.
    accounts = [crowd.box.venue.world.accounts.find(address) for address in crowd.put_in]
    traded = [len(account.fills) for account in accounts]
    assert min(traded) > 0
    assert sum(traded) > 10 * len(traded)
    ends = {one["status"] for one in crowd.box.info("historicalOrders", user=TEST_ADDRESS)}
    assert {"filled", "canceled", "badAloPxRejected"} <= ends


@pytest.mark.slow
def test_equal_seeds_are_equal_to_the_byte():
    def digest(seed):
        crowd = Crowd(seed)
        for _ in range(60):
            crowd.step()
        state = crowd.box.info("clearinghouseState", user=TEST_ADDRESS, dex="")
        crowd.transcript.update(msgspec.json.encode(state))
        return crowd.transcript.hexdigest()

    assert digest(1) == digest(1)
    assert digest(1) != digest(2)
