"""Strategies: pure functions from a View to distances around fair; floats, in bps and hours."""
