"""What a running service is connected to."""

from msgspec import Struct

SANDBOX = "sandbox"
HYPERLIQUID = "hyperliquid"


class Connected(Struct, frozen=True, kw_only=True):
    """venue, venue_address: where orders go. database: without its password. events: where they
    are published. metrics: the address of the metrics. authentication: whose tokens are accepted.
    """

    version: str
    venue: str
    venue_address: str
    database: str
    data_dir: str
    events: str
    metrics: str
    shadow_mode: bool
    authentication: str
