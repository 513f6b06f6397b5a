"""Running engines: engine host, pool runners, order gateway, intents, reconciliation, recovery."""
