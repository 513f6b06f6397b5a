"""The emulated venue behind no wire: bytes in, bytes out, on the caller's time."""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from market_maker.emulators.hyperliquid import envelopes, subscriptions
from market_maker.emulators.hyperliquid.accounts import AddressKind, Agent, PerpAccount
from market_maker.emulators.hyperliquid.connections import ClientSocket
from market_maker.emulators.hyperliquid.doings import Doings
from market_maker.emulators.hyperliquid.door import Door
from market_maker.emulators.hyperliquid.faults import FaultDice, VenueFaults
from market_maker.emulators.hyperliquid.hub import Hub
from market_maker.emulators.hyperliquid.info import (
    BadRequestError,
    Info,
    InfoQuestion,
    Whole,
    question,
)
from market_maker.emulators.hyperliquid.judging import VenueConditions
from market_maker.emulators.hyperliquid.limits import (
    Quota,
    VenueLimits,
    Windows,
    answer_weight,
    info_weight,
)
from market_maker.emulators.hyperliquid.markets import MarketFactory, sandbox_markets
from market_maker.emulators.hyperliquid.trading import ClientTrading
from market_maker.emulators.hyperliquid.transfers import AGENT_DAYS, DAY_MS
from market_maker.emulators.hyperliquid.universe import ListedUniverse
from market_maker.emulators.hyperliquid.upkeep import HourlyFunding, Upkeep
from market_maker.emulators.hyperliquid.world import World
from market_maker.model.units import Nanos

UNREADABLE = b"Failed to deserialize the JSON body into the target type"
NOT_JSON = b"Failed to parse the request body as JSON"
TOO_MANY = b"null"
BANNER = b"Websocket connection established."
SCHEDULE_VOLUME = Decimal(1_000_000)
UPKEEP_MS = 100
FATE_MS = 1_000
TROUBLE_MS = 10_000
"""How long an upgrade and a frozen book that come by chance last."""


class VenueSettings(Struct, frozen=True, kw_only=True):
    """How the venue is to be. schedule_volume: USD that an account has to have traded before it may
    schedule a cancel. mainnet: take signatures for the main network, too. banner: greet a new
    socket with a line of text, as the venue has done. fast_book_ms: as Hub has it."""

    seed: int = 1
    limits: VenueLimits = VenueLimits()
    faults: VenueFaults = VenueFaults()
    schedule_volume: Decimal = SCHEDULE_VOLUME
    mainnet: bool = False
    banner: bool = False
    fast_book_ms: int = subscriptions.FAST_BOOK.every


class Reply(Struct, frozen=True):
    """An answer over HTTP. cut: the connection is closed instead."""

    status: int
    body: bytes
    json: bool = True
    cut: bool = False


class Hyperliquid:
    """The whole venue. Every method that takes `now` first lets everything happen until then."""

    def __init__(
        self,
        universe: ListedUniverse,
        start: Nanos,
        settings: VenueSettings | None = None,
        make_market: MarketFactory | None = None,
    ) -> None:
        settings = settings or VenueSettings()
        self.settings = settings
        self.world = World(universe, make_market or sandbox_markets(settings.seed), start)
        self.conditions = VenueConditions()
        self.trading = ClientTrading(self.world, self.conditions)
        funding = HourlyFunding(settings.seed)
        self.upkeep = Upkeep(self.world, self.trading, funding, settings.schedule_volume)
        self.quota = Quota(settings.limits)
        self.info = Info(self.world, funding, self.quota)
        doings = Doings(self.world, self.trading, self.upkeep)
        self.door = Door(self.world, doings, self.quota, mainnet=settings.mainnet)
        self.dice = FaultDice(settings.seed)
        self.hub = Hub(self.info, settings.limits, self.dice, settings.fast_book_ms)
        self.weights = Windows(settings.limits.ip_weight)
        self.faults = settings.faults
        self._upkeep_due = self._fate_due = 0

    # who is there

    def fund(self, address: str, usd: Decimal) -> PerpAccount:
        """An account with so much collateral in every dex."""
        account = self.world.accounts.open(address.lower())
        for dex in range(len(self.world.universe.dexes)):
            account.cash[dex] = account.cash.get(dex, Decimal(0)) + usd
        account.spot.setdefault(0, usd)
        return account

    def appoint(self, address: str, master: str, *, name: str = "") -> None:
        """An agent from the start."""
        account = self.world.accounts.open(master.lower())
        until = self.world.now + AGENT_DAYS * DAY_MS
        self.world.accounts.appoint(account, Agent(address.lower(), name, until))

    def open_vault(self, address: str, leader: str, usd: Decimal) -> PerpAccount:
        """A vault that an account leads."""
        account = self.fund(address, usd)
        account.kind, account.owner = AddressKind.VAULT, leader.lower()
        return account

    def upgrade(self, post_only_ms: int) -> None:
        """As after a network upgrade: sockets are cut, only post-only orders for a while."""
        self.conditions.post_only_until = self.world.now + post_only_ms
        for connection in self.hub.connections:
            connection.closing = "upgrade"

    # time

    @property
    def faults(self) -> VenueFaults:
        """What goes wrong at the moment."""
        return self.hub.faults

    @faults.setter
    def faults(self, faults: VenueFaults) -> None:
        self.hub.faults = faults

    def tick(self, now: Nanos) -> None:
        """Let everything happen until `now`, and let sockets have what is due."""
        self.world.advance(now)
        if self.world.now >= self._upkeep_due:
            self._upkeep_due = self.world.now + UPKEEP_MS
            self.upkeep.run()
        if self.world.now >= self._fate_due:
            self._fate_due = self.world.now + FATE_MS
            self._tempt_fate()
        self.hub.flush(self.world.now)

    def _tempt_fate(self) -> None:
        """Random events of the whole venue, once a second."""
        if self.dice.falls(self.faults, "upgrade"):
            self.upgrade(TROUBLE_MS)
        if self.dice.falls(self.faults, "freeze"):
            coins = [one.perp.name for one in self.world.universe.listed if not one.perp.delisted]
            self.hub.freeze(self.dice.one_of("freeze", coins), self.world.now + TROUBLE_MS)

    # the doors

    def ask(self, peer: str, body: bytes, now: Nanos) -> Reply:
        """POST /info."""
        self.world.advance(now)
        if self.dice.falls(self.faults, "too_many"):
            return Reply(429, TOO_MANY)
        try:
            asked = question(body)
        except BadRequestError:
            return _unreadable(body)
        if not self.weights.spend(peer, self.world.now, info_weight(asked.type)):
            return Reply(429, TOO_MANY)
        try:
            return Reply(200, msgspec.json.encode(self._answered(peer, asked)))
        except BadRequestError:
            return Reply(422, UNREADABLE, json=False)

    def _answered(self, peer: str, asked: InfoQuestion) -> Any:
        answer = self.info.answer(asked)
        if isinstance(answer, list):
            self.weights.owe(peer, self.world.now, answer_weight(asked.type, len(answer)))
        return answer

    def act(self, peer: str, body: bytes, now: Nanos) -> Reply:
        """POST /exchange."""
        self.world.advance(now)
        if self.dice.falls(self.faults, "too_many"):
            return Reply(429, TOO_MANY)
        try:
            signed = envelopes.read(body)
        except BadRequestError:
            return _unreadable(body)
        if not self.weights.spend(peer, self.world.now, signed.weight):
            return Reply(429, TOO_MANY)
        busy = self.dice.falls(self.faults, "busy")
        if busy and self.dice.half("busy"):
            return Reply(502, b"Bad Gateway", json=False)
        self.trading.open_first = self.dice.falls(self.faults, "open_first")
        answer = self.door.answer(signed)
        self.hub.flush(self.world.now)
        if busy:
            return Reply(502, b"Bad Gateway", json=False)
        cut = self.dice.falls(self.faults, "drop_answer")
        return Reply(200, msgspec.json.encode(answer), cut=cut)

    # sockets

    def connect(self, peer: str, now: Nanos) -> ClientSocket | None:
        """A new socket; None where it is refused."""
        self.world.advance(now)
        connection = self.hub.open(peer, self.world.now)
        if connection is not None and self.settings.banner:
            connection.send(BANNER, self.world.now)
        return connection

    def disconnect(self, connection: ClientSocket) -> None:
        """A socket is gone."""
        self.hub.close(connection)

    def hear(self, connection: ClientSocket, text: bytes, now: Nanos) -> None:
        """A message on a socket; what it brings waits in the connection."""
        self.world.advance(now)
        moment = self.world.now
        if not self.hub.peers.messages.spend(connection.peer, moment, 1):
            most = self.settings.limits.messages_a_minute
            connection.send(_error(f"Cannot send more than {most} messages per minute."), moment)
            return
        try:
            message = msgspec.json.decode(text, type=SocketMessage)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            shown = text[:SHOWN_MAX].decode("utf-8", "replace")
            connection.send(
                _error(f"Error parsing JSON into valid websocket request: {shown}"), moment
            )
            return
        match message.method:
            case "ping":
                connection.send({"channel": "pong"}, moment)
            case "subscribe":
                self._subscribe(connection, bytes(message.subscription))
            case "unsubscribe":
                self._unsubscribe(connection, bytes(message.subscription))
            case "post" if message.request is not None:
                self._post(connection, message.id, message.request)
            case _:
                connection.send(_error(f"Invalid method {message.method[:SHOWN_MAX]}"), moment)

    def _subscribe(self, connection: ClientSocket, raw: bytes) -> None:
        now = self.world.now
        try:
            asked = subscriptions.read(raw, self.info)
        except BadRequestError:
            connection.send(_error(f"Invalid subscription {_shown(raw)}"), now)
            return
        if asked in connection.subscriptions:
            connection.send(_error(f"Already subscribed: {_shown(raw)}"), now)
            return
        refusal = self.hub.peers.join(connection, asked)
        if refusal is not None:
            connection.send(_error(refusal), now)
            return
        self._confirm(connection, "subscribe", asked)
        self.hub.subscribe(connection, asked, now)
        self.hub.flush(now)

    def _unsubscribe(self, connection: ClientSocket, raw: bytes) -> None:
        try:
            asked = subscriptions.read(raw, self.info)
        except BadRequestError:
            connection.send(_error(f"Invalid subscription {_shown(raw)}"), self.world.now)
            return
        if asked not in connection.subscriptions:
            connection.send(_error(f"Already unsubscribed: {_shown(raw)}"), self.world.now)
            return
        self.hub.peers.leave(connection, asked)
        self._confirm(connection, "unsubscribe", asked)

    def _confirm(
        self, connection: ClientSocket, method: str, asked: subscriptions.StreamSubscription
    ) -> None:
        data = {"method": method, "subscription": subscriptions.echo(asked)}
        connection.send({"channel": "subscriptionResponse", "data": data}, self.world.now)

    def _post(self, connection: ClientSocket, number: int, request: "PostRequest") -> None:
        """The two doors over a socket: the same bodies, the same answers, wrapped."""
        body, now = bytes(request.payload), self.world.time
        if request.type == "action":
            reply = self.act(connection.peer, body, now)
            payload: Any = Raw(reply.body)
        elif request.type == "info":
            reply = self.ask(connection.peer, body, now)
            payload = {"type": _kind(body), "data": Raw(reply.body)}
        else:
            reply, payload = Reply(422, UNREADABLE, json=False), None
        if reply.cut:
            connection.closing = "drop"
            return
        response = {"type": request.type, "payload": payload}
        if reply.status != 200:  # noqa: PLR2004
            said = reply.body.decode()
            response = {
                "type": "error",
                "payload": f"{reply.status} {_reason(reply.status)}: {said}",
            }
        data = {"id": number, "response": response}
        connection.send({"channel": "post", "data": data}, self.world.now)


class PostRequest(Struct):
    """What a socket posts."""

    type: str
    payload: Raw = Raw(b"null")


class SocketMessage(Struct):
    """What a socket says."""

    method: str
    subscription: Raw = Raw(b"null")
    id: Whole = 0
    request: PostRequest | None = None


SHOWN_MAX = 500
"""Bytes of a message that an error repeats."""


def _kind(body: bytes) -> str:
    try:
        return question(body).type
    except BadRequestError:
        return ""


def _shown(raw: bytes) -> str:
    return raw[:SHOWN_MAX].decode("utf-8", "replace")


def _error(text: str) -> dict[str, Any]:
    return {"channel": "error", "data": text}


def _reason(status: int) -> str:
    return {422: "Unprocessable Entity", 429: "Too Many Requests"}.get(status, "Bad Gateway")


def _unreadable(body: bytes) -> Reply:
    """400 for what is no JSON, 422 for JSON that says nothing."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Reply(400, NOT_JSON, json=False)
    return Reply(422, UNREADABLE, json=False)
