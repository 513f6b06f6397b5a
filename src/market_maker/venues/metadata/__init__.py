"""The exchange's metadata service: what is traded, on which grid, and whether it may be now."""
