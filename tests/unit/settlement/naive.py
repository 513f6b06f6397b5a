"""Months simulated event by event, in fractions and sets: what the settlement code must come to.

Nothing of settlement/ is used here. An event belongs to the record that took it; a rejected record
returns its events; a new record takes those without an owner.
"""

from fractions import Fraction

UNIT_SCALE = 10**8


class NaivePosition:
    """Average cost, word for word; a released cost is rounded half-even to the unit."""

    def __init__(self):
        self.lots, self.cost = Fraction(0), Fraction(0)

    def open_at(self, lots, mark):
        self.lots, self.cost = lots, abs(lots) * mark

    def fill(self, sign, price, size, unit):
        """The profit."""
        if self.lots * sign >= 0:
            self.lots += sign * size
            self.cost += price * size
            return Fraction(0)
        closed = min(size, abs(self.lots))
        released = self.cost
        if closed < abs(self.lots):
            released = round(self.cost * closed / abs(self.lots) / unit) * unit
        profit = -sign * (price * closed - released)
        self.lots += sign * size
        self.cost = (size - closed) * price if size > closed else self.cost - released
        return profit


class NaiveEvent:
    """number: in order of posting, 1, 2, 3, ...; net: what it earned, less what it cost."""

    def __init__(self, number, whose, symbol, ts, net):
        self.number, self.whose, self.symbol, self.ts, self.net = number, whose, symbol, ts, net
        self.owner = None


def cents(amount):
    """Half-even, as a fraction."""
    return Fraction(round(amount * 100), 100)


class NaiveBooks:
    """The events of all and who took them."""

    def __init__(self):
        self.events = []
        self.carry = {}

    def take(self, name, whose, end, watermark):
        """The events that a new record takes."""
        taken = [
            event
            for event in self.events
            if event.owner is None
            and event.whose == whose
            and event.ts < end
            and event.number <= watermark
        ]
        for event in taken:
            event.owner = name
        return taken

    def give_back(self, name):
        for event in self.events:
            if event.owner == name:
                event.owner = None


def settle(taken, carry_in, share_pct, *, keep_all):
    """gross, platform, payout, carry_out of one record."""
    gross = cents(sum((event.net for event in taken), Fraction(0)))
    base = max(Fraction(0), gross - carry_in)
    platform = Fraction(0) if keep_all else cents(base * share_pct / 100)
    payout = max(Fraction(0), gross) - platform
    return gross, base, platform, payout, max(Fraction(0), carry_in - gross)
