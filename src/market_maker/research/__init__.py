"""What a strategy earned and why: replay of recordings, the PnL split, reports."""

# Kernels are kept from one process to the next.
from market_maker.storage import kept_kernels as kept_kernels
