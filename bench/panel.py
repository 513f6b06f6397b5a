"""What the panel costs a browser: `python -m bench panel`, after `make panel`, with Chromium.

Printed: what the first page and all pages load, gzipped; the 95th percentile of the time between
frames with one pool and with 300 that all change at 5 Hz, in one run; the heap before and after as
many pictures as an hour has, sent as fast as the page takes them (`--minutes` for fewer). Ends with
1 where a budget of docs/panel.md is broken.
"""

import argparse
import os
import subprocess
from pathlib import Path

from market_maker.serving.panel_files import FOLDER, INDEX

ROOT = Path(__file__).parents[1]
FIRST_PAGE_BYTES, PAGE_BYTES = 180_000, 250_000


def weighed() -> bool:
    """Print what pages load; returns whether that is within its budget."""
    page = (FOLDER / INDEX).read_text("utf-8")
    packed = {path.name: path.stat().st_size for path in (FOLDER / "assets").glob("*.gz")}
    first = sum(size for name, size in packed.items() if name.removesuffix(".gz") in page)
    every = sum(packed.values())
    print(
        f"first page               {first / 1e3:.1f} kB gzipped (budget {FIRST_PAGE_BYTES // 1000})"
    )
    print(f"all pages together       {every / 1e3:.1f} kB gzipped (budget {PAGE_BYTES // 1000})")
    return first <= FIRST_PAGE_BYTES and every <= PAGE_BYTES


def main(arguments: list[str]) -> int:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m bench panel", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="of counting frames")
    parser.add_argument("--minutes", type=int, default=60, help="of pictures for the heap")
    options = parser.parse_args(arguments)
    within = weighed()
    chosen = {
        "PANEL_BUDGET_HOLDS": "true",
        "PANEL_BUDGET_SECONDS": str(options.seconds),
        "PANEL_BUDGET_MINUTES": str(options.minutes),
    }
    print(f"load {os.getloadavg()[0]:.1f}", flush=True)
    done = subprocess.run(
        ["node", "node_modules/@playwright/test/cli.js", "test", "budget.spec.ts"],  # noqa: S607
        cwd=ROOT / "panel",
        env=os.environ | chosen,
        check=False,
    )
    return 0 if within and done.returncode == 0 else 1
