"""Sockets: what waits in them, and what their IP may do."""

from market_maker.emulators.hyperliquid.connections import BACKLOG_MAX, ClientSocket, Peers
from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.emulators.hyperliquid.subscriptions import StreamSubscription

NOW = 1_795_000_000_000


def test_who_reads_too_slowly_is_cut_and_keeps_nothing():
    socket = ClientSocket("ip", NOW)
    for _ in range(BACKLOG_MAX + 1):
        socket.send(b"{}", NOW)
    assert socket.closing == "too slow"
    assert socket.drain() == []


def test_an_ip_opens_so_many_sockets_and_so_many_in_a_minute():
    peers = Peers(VenueLimits(connections=2, connections_a_minute=3))
    assert peers.open("ip", NOW)
    assert peers.open("ip", NOW)
    assert not peers.open("ip", NOW)
    assert peers.open("other", NOW)
    peers.close(ClientSocket("ip", NOW))
    assert peers.open("ip", NOW)
    peers.close(ClientSocket("ip", NOW))
    assert not peers.open("ip", NOW)
    assert peers.open("ip", NOW + 60_000)


def test_an_ip_tracks_so_many_users_and_channels():
    peers = Peers(VenueLimits(users=1, subscriptions=2))
    socket = ClientSocket("ip", NOW)

    def join(kind, user=None):
        asked = StreamSubscription(kind, user=user)
        refusal = peers.join(socket, asked)
        if refusal is None:
            socket.subscriptions[asked] = None
        return refusal

    assert join("userFills", "0xann") is None
    assert join("userFills", "0xbob") == "Cannot track more than 1 total users."
    assert join("orderUpdates", "0xann") is None
    assert join("allMids") == "Cannot subscribe to more than 2 channels."
    peers.close(socket)
    assert [peers._open, peers._subscribed, peers._users] == [{}, {}, {}]
