"""Every route there is, in one table."""

from market_maker.api import audit, emergency, members, participants, pools, records, system

ROUTES = (
    *system.ROUTES,
    *pools.ROUTES,
    *members.ROUTES,
    *participants.ROUTES,
    *records.ROUTES,
    *emergency.ROUTES,
    *audit.ROUTES,
)
"""Where two paths could match one address, the one without parameters comes first."""
