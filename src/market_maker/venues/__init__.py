"""Adapters to where orders go and market data come from; they never import one another."""
