"""Identities at the exchange, for those who may see them whole, and for those who may not."""

from market_maker.model.caller import Caller, Role

SHOWN_LENGTH = 4
"""Characters of an identity that a viewer sees."""


def sees_identities(caller: Caller) -> bool:
    """Viewers do not."""
    return any(role is not Role.VIEWER for role in caller.roles)


def masked(identity: str) -> str:
    """Its end."""
    return "…" + identity[-SHOWN_LENGTH:] if len(identity) > 2 * SHOWN_LENGTH else "…"
