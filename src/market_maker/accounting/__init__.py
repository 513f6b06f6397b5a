"""Who earned what: analytics, ledger check, marking, settlements, payouts, statements."""
