"""The sandbox exchange: matching, traders that make a market, latency and faults."""
