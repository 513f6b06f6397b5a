"""A participant's margin bounds what it may hold in all pools together.

Each of its position limits is made smaller in the same proportion until they sum to the margin.
An engine counts orders in flight as if they were filled, so the worst case of all pools together
is bounded, too.
"""

from decimal import ROUND_DOWN, Decimal

from msgspec import structs

from market_maker.model.pool import Member

CENT = Decimal("0.01")


def within_margin(member: Member, margin: Decimal, total: Decimal) -> Member:
    """The member with the position limit that its engine holds it to, USDT. total: of the limits
    of all its memberships. Without a cent of margin it may have no orders."""
    if total <= margin:
        return member
    limit = (member.position_limit_usdt * margin / total).quantize(CENT, ROUND_DOWN)
    if limit <= 0:
        return structs.replace(member, active=False)
    return structs.replace(member, position_limit_usdt=limit)
