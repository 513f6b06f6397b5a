"""An exchange in a box: matching, traders that make a market, latency and faults.

`market.SandboxMarket` is the whole of it, on virtual time; `matching.Matching` is the book alone.
"""
