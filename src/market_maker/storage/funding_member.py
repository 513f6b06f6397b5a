"""The member of a recording that holds its payments of funding: a JSON list, oldest first."""

from itertools import pairwise

import msgspec

from market_maker.model.errors import DomainError, InvalidDataError
from market_maker.model.recording import FundingPayment

FUNDING_NAME = "funding.json"

FUNDING_BYTES_MAX = 16 << 20
"""A payment every hour of 400 days takes one of these megabytes."""

_decoder = msgspec.json.Decoder(tuple[FundingPayment, ...])


def packed_payments(source: str, payments: tuple[FundingPayment, ...]) -> bytes:
    """What the member holds; equal payments make equal bytes. Raises InvalidDataError for
    payments that are not in order, or too many."""
    _check_order(source, payments)
    content = msgspec.json.encode(payments)
    if len(content) > FUNDING_BYTES_MAX:
        raise InvalidDataError(source, f"{len(payments)} payments of funding: more than fit")
    return content


def read_payments(source: str, content: bytes) -> tuple[FundingPayment, ...]:
    """Payments of the member. Raises InvalidDataError for what cannot be."""
    try:
        payments = _decoder.decode(content)
    except (msgspec.DecodeError, DomainError) as error:
        raise InvalidDataError(source, f"{FUNDING_NAME}: {error}") from None
    _check_order(source, payments)
    return payments


def _check_order(source: str, payments: tuple[FundingPayment, ...]) -> None:
    for before, after in pairwise(payments):
        if after.ts_event <= before.ts_event or after.ts_recv < before.ts_recv:
            problem = f"{FUNDING_NAME}: the payment at {after.ts_event} is not after the last one"
            raise InvalidDataError(source, problem)
