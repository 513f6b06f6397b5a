"""An exchange in a box: matching, traders that make a market, latency, faults, queue position."""
