"""Who asks. The edge proves it, the service judges by it, the audit log remembers it."""

from enum import StrEnum

from msgspec import Struct

SUBJECT_LENGTH_MAX = 128


class Role(StrEnum):
    """What a caller may do: viewer reads, operator runs pools, risk lifts limits and halts,
    finance pays, admin manages keys and may stop everything."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    RISK = "risk"
    FINANCE = "finance"
    ADMIN = "admin"


class Caller(Struct, frozen=True):
    """A proven identity. subject: the person or program. roles: sorted, each once. token_id: of
    the token it came with, so that one token's calls can be counted and traced."""

    subject: str
    roles: tuple[Role, ...]
    token_id: str

    def has(self, *roles: Role) -> bool:
        """Whether any of `roles` is among the caller's."""
        return any(role in self.roles for role in roles)


ANONYMOUS = Caller("anonymous", tuple(sorted(Role)), "anonymous")
"""The caller of a service that runs without authentication, which it does on loopback only."""
