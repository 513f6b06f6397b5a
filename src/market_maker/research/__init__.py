"""What a strategy earned and why: replay of recordings, the PnL split, reports."""
