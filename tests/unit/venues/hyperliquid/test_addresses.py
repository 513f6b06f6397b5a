"""Addresses of servers and of accounts, as people write them."""

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.venues.hyperliquid.addresses import (
    MAINNET_URL,
    TESTNET_URL,
    address,
    network_url,
    server_url,
    socket_url,
)

SECRET = "8" * 64
VAULT = "0x" + "a" * 40


def test_a_network_goes_by_its_name_or_its_server():
    assert network_url("NET", "mainnet") == MAINNET_URL
    assert network_url("NET", TESTNET_URL + "/") == TESTNET_URL
    for text, shown in (("moon", "'moon'"), ("user:secret@moon", "…")):
        with pytest.raises(InvalidFieldError, match="mainnet, testnet, localhost") as refused:
            network_url("NET", text)
        assert shown in str(refused.value)
        assert "secret" not in str(refused.value)


def test_a_key_goes_to_this_machine_or_over_tls_only():
    assert server_url("URL", "https://api.hyperliquid.xyz/") == MAINNET_URL
    assert server_url("URL", "http://localhost:3001/") == "http://localhost:3001"
    for url in ("http://api.hyperliquid.xyz", "ftp://localhost", "localhost:3001", "https://"):
        with pytest.raises(InvalidFieldError, match="URL"):
            server_url("URL", url)


def test_the_websocket_is_at_the_same_address():
    assert socket_url(MAINNET_URL) == "wss://api.hyperliquid.xyz/ws"
    assert socket_url("http://localhost:3001") == "ws://localhost:3001/ws"


def test_a_private_key_given_as_an_address_is_refused_without_being_shown():
    for text in (SECRET, "0x" + SECRET):
        with pytest.raises(InvalidFieldError) as refused:
            address("vault", text)
        assert SECRET not in str(refused.value)
    assert address("vault", VAULT.upper().replace("0X", "0x")) == VAULT
    with pytest.raises(InvalidFieldError, match="0xnope"):
        address("vault", "0xnope")
