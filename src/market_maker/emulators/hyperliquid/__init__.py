"""A Hyperliquid in a box: the venue's three doors over the sandbox's matching."""
