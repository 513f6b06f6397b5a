"""Imported before anything that imports an engine: what is measured is what `serve` runs, a native
engine where there is one. MM_ENGINE=interpreted measures the other form."""

import os

from market_maker.native_engine import take

take(os.environ)
