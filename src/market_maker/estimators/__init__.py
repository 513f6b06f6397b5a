"""Streaming estimates of fair price and volatility, and what a fill was worth (math section 3)."""
