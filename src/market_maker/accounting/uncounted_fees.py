"""Fees in tokens for which no rate is known: no amount of a settlement has them, and none is
approved without a word about that."""

from collections.abc import Sequence

from market_maker.accounting.views import NotCounted
from market_maker.model.errors import ConflictError
from market_maker.model.exact import plain
from market_maker.model.money import SettlementRecord
from market_maker.ports import Unit
from market_maker.settlement.period import span_of

PROBLEM = (
    "no rate is known of these fees, and no amount of the settlement has them: approve it with "
    "without_token_fees = true once they are dealt with elsewhere"
)

WITHOUT = "without the token fees of its fills"
"""In the audit log, of an approval."""


async def not_counted(unit: Unit, *records: SettlementRecord) -> tuple[NotCounted, ...]:
    """Of the fills whose entries the records are made of, of which each is in one record."""
    found = []
    for record in records:
        fees = await unit.ledger.token_fees(span_of(record))
        found += [
            NotCounted(settlement_id=record.settlement_id, token=fee.token, amount=fee.amount)
            for fee in fees
        ]
    return tuple(found)


def check_said(fees: Sequence[NotCounted], *, without: bool) -> None:
    """Raises ConflictError where there are such fees and who approves does not say that it is
    without them."""
    if fees and not without:
        raise ConflictError("token_fees", in_words(fees), PROBLEM)


def in_words(fees: Sequence[NotCounted]) -> str:
    """Each with its token: 0.5 XYZ."""
    return ", ".join(f"{plain(fee.amount)} {fee.token}" for fee in fees)
