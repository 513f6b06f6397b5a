"""Payments of funding, out of what venues say before each: the next rate, when it is due, and the
price at which it will be charged.

A payment has been made when a venue names a later one: at the time that it named before, at the
last rate of before, and at the last price that was known by then.
"""

from decimal import Decimal, InvalidOperation

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.recording import FUNDING_RATE_MAX, FundingPayment
from market_maker.model.units import NANOS_PER_HOUR, Nanos

HOURLY = NANOS_PER_HOUR
"""Of a venue that names no time: funding on every full hour."""

TEXT_MAX = 30
"""Of a rate or a price."""


class NoticedPayment(Struct, frozen=True):
    """message: index of the message that showed it. due: when it was made, the venue's clock. mark:
    None where the capture names no price."""

    message: int
    due: Nanos
    rate: Decimal
    mark: Decimal | None


class FundingWatch:
    """Takes what a venue says, in order. payments: those that were made meanwhile. missed: those
    that were made while nothing was received. period: between two of them, nanoseconds; 0 until two
    are known."""

    def __init__(self) -> None:
        self.payments: list[NoticedPayment] = []
        self.missed = 0
        self.period = 0
        self._due = 0
        self._rate: Decimal | None = None
        self._mark: Decimal | None = None
        self._mark_since: Decimal | None = None

    def is_due(self, due: int) -> bool:
        """Whether a next payment at `due` means that one was made, which `next_is` takes."""
        return 0 < self._due < due and self._rate is not None

    def next_is(self, message: int, due: int, rate: Decimal | None) -> None:
        """The next payment is at `due`, at this rate. message: its index, if a payment was made."""
        if self.is_due(due):
            assert self._rate is not None
            self.payments.append(NoticedPayment(message, Nanos(self._due), self._rate, self._mark))
            self._see_period(due - self._due)
            self._mark, self._mark_since = self._mark_since or self._mark, None
        self._due = max(self._due, due)
        self._rate = self._rate if rate is None else rate

    def marked(self, at: int, mark: Decimal | None) -> None:
        """The price by which it is charged, at a time of the venue's clock. One of after the
        payment that is due counts for the next one."""
        if mark is None:
            return
        if 0 < self._due < at:
            self._mark_since = mark
        else:
            self._mark = mark

    def _see_period(self, step: int) -> None:
        if self.period:
            self.missed += max(round(step / self.period) - 1, 0)
        self.period = min(self.period or step, step)


def rate_of(text: str) -> Decimal | None:
    """None where a venue says none. Raises InvalidFieldError."""
    number = _number("rate", text)
    if number is not None and abs(number) > FUNDING_RATE_MAX:
        raise InvalidFieldError("rate", text, f"from -{FUNDING_RATE_MAX} to {FUNDING_RATE_MAX}")
    return number


def mark_of(text: str) -> Decimal | None:
    """None where a venue says none. Raises InvalidFieldError."""
    number = _number("mark price", text)
    if number is not None and number < 0:
        raise InvalidFieldError("mark price", text, "a price above 0")
    return number or None


def _number(field: str, text: str) -> Decimal | None:
    if not text:
        return None
    try:
        number = Decimal(text if len(text) <= TEXT_MAX else "NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > TEXT_MAX:
        allowed = f"a decimal of at most {TEXT_MAX} characters"
        raise InvalidFieldError(field, text[:TEXT_MAX], allowed)
    return number


def payment_of(noticed: NoticedPayment, known_at: int, mark: Decimal) -> FundingPayment:
    """With the time at which it was known, and the price where the capture names none."""
    ts_recv = Nanos(max(known_at, noticed.due))
    return FundingPayment(noticed.due, ts_recv, noticed.rate, noticed.mark or mark)
