"""Counts of one engine since it was made."""


class EngineCounts:
    """moves: of the lifecycle. rejects does not count post-only ones; unattributed_fills: reports
    of orders that we do not know, or that were reported before; impossible_fills: of more than was
    ordered, or at a worse price than the limit; token_fees: whose fee no PnL has."""

    __slots__ = (
        "fills",
        "impossible_fills",
        "moves",
        "post_only_rejects",
        "rejects",
        "rejects_in_a_row",
        "token_fees",
        "trades",
        "turns",
        "unattributed_fills",
    )

    def __init__(self) -> None:
        self.moves = 0
        self.turns = self.fills = self.trades = self.unattributed_fills = 0
        self.impossible_fills = self.token_fees = 0
        self.rejects = self.post_only_rejects = self.rejects_in_a_row = 0

    def filled(self, fee_token: str) -> None:
        """One more fill."""
        self.fills += 1
        self.token_fees += bool(fee_token)
