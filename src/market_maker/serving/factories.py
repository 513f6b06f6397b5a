"""What the service is made of where a caller may want another kind: a benchmark that measures."""

from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from market_maker.api.pace import RATES, Pace, Rate
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.order_gateway import OrderGateway
from market_maker.sandbox.listings import LISTINGS, Listing
from market_maker.telemetry.measures import Measures


class Factories(Struct, frozen=True, kw_only=True):
    """intent_log, gateway, measures: called as the classes they stand for. listings: what the
    sandbox trades. rates: how often one token may ask."""

    intent_log: Callable[..., IntentLog] = IntentLog
    gateway: Callable[..., OrderGateway] = OrderGateway
    measures: Callable[..., Measures] = Measures
    listings: tuple[Listing, ...] = LISTINGS
    rates: Mapping[Pace, Rate] = msgspec.field(default_factory=lambda: RATES)


USUAL = Factories()
