"""Damaged captures, in number: python -m tests.support.fuzz_importers --files 50000 --seed 1

Each is imported as its own format and as `auto`, written, and read again. It must end in a
recording or in one line that says why not: any other exception is printed with the number of the
file, which makes it again, and the exit code is 1. So does a file that takes longer than
SECONDS_MAX, and a process that grew beyond MEMORY_MAX.
"""

import argparse
import contextlib
import random
import resource
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from market_maker.model.errors import InvalidDataError
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.storage.recording import read_recording, write_recording
from market_maker.venues.recorded.formats import CaptureFormat
from tests.support.importer_seeds import (
    LOBSTER,
    LOBSTER_NAMES,
    SEEDS,
    flipped,
    mutated,
    npz,
    packings,
)
from tests.unit.venues.recorded import test_databento

SECONDS_MAX = 10
MEMORY_MAX = 1 << 30
KINDS = (*SEEDS, CaptureFormat.LOBSTER, CaptureFormat.HFTBACKTEST, CaptureFormat.DATABENTO)


def damaged(folder, rng):
    """The format and the files of one damaged capture."""
    kind = rng.choice(KINDS)
    if kind is CaptureFormat.LOBSTER:
        paths = [folder / name for name in LOBSTER_NAMES]
        for path, content in zip(paths, LOBSTER, strict=True):
            path.write_bytes(mutated(content, rng) if rng.random() < 0.5 else content)
        return kind, paths
    if kind is CaptureFormat.HFTBACKTEST:
        path = folder / "x.npz"
        path.write_bytes(flipped(npz(), rng) if rng.random() < 0.3 else npz(rng))
        return kind, [path]
    if kind is CaptureFormat.DATABENTO:
        return kind, [_databento(folder, rng)]
    ending = rng.choice(("", "", "", ".gz", ".zip", ".lz4"))
    content = mutated(SEEDS[kind], rng)
    packed = packings(content)[ending]
    path = folder / f"x.txt{ending}"
    path.write_bytes(flipped(packed, rng) if ending and rng.random() < 0.7 else packed)
    return kind, [path]


def _databento(folder, rng):
    """Records that were changed, cut short or put in another order, plain or packed with zstd."""
    records = [*test_databento.ORDERS, *(test_databento.order(9, test_databento.ADD),) * 2]
    if rng.random() < 0.3:
        rng.shuffle(records)
    content = test_databento.metadata() + b"".join(records)
    if rng.random() < 0.3:
        path = folder / "x.dbn.zst"
        path.write_bytes(flipped(test_databento.packed(content), rng))
        return path
    path = folder / "x.dbn"
    path.write_bytes(rng.choice((flipped, mutated))(content, rng))
    return path


def outcome(kind, paths, target):
    """ "read" or "refused"; anything else raises."""
    try:
        # Events of hftbacktest name no symbol.
        symbol = "X" if paths[0].suffix == ".npz" else None
        recording, _ = import_capture(kind, paths, ImportOptions(symbol=symbol))
        write_recording(target, recording)
        assert read_recording(target).rows == recording.rows
    except InvalidDataError as error:
        assert "\n" not in str(error), "more than one line"  # noqa: PT017  # either is right
        return "refused"
    return "read"


@contextlib.contextmanager
def at_most(seconds):
    """Raises TimeoutError after that."""

    def late(*_):
        raise TimeoutError(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def fuzz(files, seed, folder):
    """How many captures of each format were read and refused, and what failed: (file, why)."""
    counts, failures = Counter(), []
    for number in range(files):
        rng = random.Random(f"{seed}:{number}")
        kind, paths = damaged(folder, rng)
        for asked in (kind, CaptureFormat.AUTO):
            try:
                with at_most(SECONDS_MAX):
                    counts[kind.value, outcome(asked, paths, folder / "made")] += 1
            except Exception as error:  # noqa: BLE001  # every kind of failure is a finding
                failures.append((number, f"{kind.value} as {asked.value}: {error!r}"))
        for path in paths:
            path.unlink()
    return counts, failures


def _say(line):
    sys.stdout.write(line + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts, failures = fuzz(asked.files, asked.seed, Path(folder))
    for (kind, how), count in sorted(counts.items()):
        _say(f"{kind:18} {how:8} {count:,}")
    for number, why in failures[:50]:
        _say(f"file {number}: {why}")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    _say(f"{asked.files:,} files, {len(failures)} failures, at most {grown >> 20} MiB")
    return 1 if failures or grown > MEMORY_MAX else 0


if __name__ == "__main__":
    sys.exit(main())
