"""Who earned what: average cost, double entry, months, shares, statements; exact in decimals."""
