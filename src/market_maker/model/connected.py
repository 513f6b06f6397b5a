"""What a running service is connected to."""

from msgspec import Struct

WORKERS_MAX = 64
"""Processes that share the symbols of one service."""
SANDBOX = "sandbox"
HYPERLIQUID = "hyperliquid"


class Connected(Struct, frozen=True, kw_only=True):
    """venue, venue_address: where orders go. instruments: whose list of them it is. database:
    without its password. events: where they are published. shared_state: where several processes
    of one service count together. wallet: what pays settlements. metrics: the address of the
    metrics. authentication: whose tokens are accepted. processes: where engines run."""

    version: str
    venue: str
    venue_address: str
    instruments: str
    database: str
    data_dir: str
    events: str
    shared_state: str
    wallet: str
    metrics: str
    shadow_mode: bool
    authentication: str
    processes: str
