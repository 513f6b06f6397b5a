"""Benchmarks: `make bench`, or `python -m bench` where hftbacktest is installed."""
