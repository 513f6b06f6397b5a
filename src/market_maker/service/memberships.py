"""Memberships: who is in a pool, with which weight and limits."""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.caller import Caller
from market_maker.model.pool import Member
from market_maker.model.units import ParticipantId
from market_maker.service.views import MemberView


class MemberChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields to change; None keeps what is stored."""

    capital_weight_pct: Decimal | None = None
    position_limit_usdt: Decimal | None = None
    max_loss_usdt: Decimal | None = None


class Memberships:
    """Changes are hot: the live engine has them on its next cycle."""

    async def add(self, caller: Caller, symbol: str, member: Member) -> MemberView:
        """Raises NotFoundError (pool, participant), IllegalTransitionError unless the participant
        is ACTIVE, ConflictError("participant_id") if it is a member already, InvalidFieldError
        "Total capital weight would exceed 100%" or for a limit above the pool's."""
        raise NotImplementedError

    async def change(
        self,
        caller: Caller,
        symbol: str,
        participant_id: ParticipantId,
        change: MemberChange,
        expected_version: int | None = None,
    ) -> MemberView:
        """Change some fields. Raises as `add`, and ConflictError("version")."""
        raise NotImplementedError

    async def remove(
        self, caller: Caller, symbol: str, participant_id: ParticipantId
    ) -> MemberView:
        """Remove softly: the row stays as REMOVED, the weight is free, its orders are cancelled.
        Removing again answers the same. Raises NotFoundError."""
        raise NotImplementedError

    async def of_pool(self, symbol: str) -> tuple[MemberView, ...]:
        """By participant_id, removed ones too. Raises NotFoundError (pool)."""
        raise NotImplementedError
