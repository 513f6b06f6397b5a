"""Streaming estimates of fair price and volatility (math section 3)."""
