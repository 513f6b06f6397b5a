"""Every route there is, in one table."""

from market_maker.api import (
    alerts,
    analytics,
    audit,
    emergency,
    history,
    ledger,
    maker,
    me,
    members,
    participants,
    performance,
    pools,
    records,
    settlements,
    statements,
    stream,
    system,
)

ROUTES = (
    *system.ROUTES,
    *pools.ROUTES,
    *history.ROUTES,
    *members.ROUTES,
    *participants.ROUTES,
    *records.ROUTES,
    *analytics.ROUTES,
    *performance.ROUTES,
    *ledger.ROUTES,
    *settlements.ROUTES,
    *statements.ROUTES,
    *emergency.ROUTES,
    *audit.ROUTES,
    *alerts.ROUTES,
    *me.ROUTES,
    *maker.ROUTES,
    *stream.ROUTES,
)
"""Where two paths could match one address, the one without parameters comes first."""
