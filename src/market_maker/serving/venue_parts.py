"""The venues of a service: lines to each of them, and what each lists."""

from market_maker.execution.intent_log import IntentLog
from market_maker.ports import Clock, Instruments
from market_maker.ports.connections import UNCOUNTED
from market_maker.serving.event_bus import topics_of
from market_maker.serving.factories import Factories
from market_maker.serving.hyperliquid_connector import HyperliquidConnector
from market_maker.serving.opened_sources import OpenedSources
from market_maker.serving.order_service_connector import OrderServiceConnector
from market_maker.serving.sandbox_connector import JournalOf, SandboxConnector
from market_maker.serving.venue_lines import DEFAULT, VenueConnector, VenueLines
from market_maker.settings import Settings
from market_maker.telemetry.logging import Logger
from market_maker.venues.instruments import SandboxInstruments


def venues_of(
    settings: Settings,
    roads: tuple[Clock, IntentLog, JournalOf],
    logger: Logger,
    factories: Factories,
    sources: OpenedSources,
) -> tuple[VenueLines, dict[str, Instruments]]:
    """Lines to all venues, and what each of them lists."""
    listings: dict[str, Instruments] = {
        DEFAULT: sources.metadata or SandboxInstruments(factories.listings)
    }
    connectors: dict[str, VenueConnector] = {
        DEFAULT: _first_venue(settings, roads, logger, factories, sources)
    }
    hyperliquid = sources.hyperliquid
    if hyperliquid is not None:
        beyond = HyperliquidConnector(hyperliquid.session, *roads, logger, factories=factories)
        listings[beyond.venue], connectors[beyond.venue] = hyperliquid.instruments, beyond
    return VenueLines(connectors), listings


def _first_venue(
    settings: Settings,
    roads: tuple[Clock, IntentLog, JournalOf],
    logger: Logger,
    factories: Factories,
    sources: OpenedSources,
) -> SandboxConnector | OrderServiceConnector:
    if settings.order_service_url is not None:
        watch = sources.connections or UNCOUNTED
        return OrderServiceConnector(
            settings.order_service_url,
            *roads,
            token=settings.order_service_token,
            topics=topics_of(settings, roads[0], logger, watch),
            listing=sources.metadata,
            factories=factories,
            watch=watch,
        )
    return SandboxConnector(settings.seed, *roads, factories=factories)
