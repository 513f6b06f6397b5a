"""What was counted while a capture was read."""

from collections import Counter

from msgspec import Struct, field

SAMPLES_MAX = 20
SAMPLE_LENGTH_MAX = 160


class CaptureCounts(Struct, eq=False):
    """lines: all lines. kinds: messages understood, by kind. left_out: messages that carry
    nothing for a recording, or are of other symbols, by kind. depth_of_others: of these, depth by
    symbol. nameless_snapshots: snapshots that could be of any symbol. malformed: lines that could
    not be decoded, or say what cannot be, with samples. stale_depth: depth messages older than the
    book. unusable_snapshots: snapshots older than the depth messages held for them. gaps: breaks of
    the sequence after sync. late_tickers: best prices no newer than the book. duplicate_trades,
    backlog_trades: dropped. missing_trades: numbers skipped in the venue's trade ids that no
    message had. mismatches: messages at odds with the book beside them. remarks: what a reader of
    the recording should know.
    """

    lines: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    depth_of_others: Counter[str] = field(default_factory=Counter)
    nameless_snapshots: int = 0
    malformed: int = 0
    samples: list[str] = []
    stale_depth: int = 0
    unusable_snapshots: int = 0
    gaps: int = 0
    late_tickers: int = 0
    duplicate_trades: int = 0
    backlog_trades: int = 0
    missing_trades: int = 0
    mismatches: int = 0
    remarks: list[str] = []

    def remark(self, sentence: str) -> None:
        """Say it once."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def of_others(self) -> set[str]:
        """Other symbols that messages were of."""
        named = (kind.partition(" of ")[2] for kind in self.left_out)
        return {symbol for symbol in named if symbol.isupper()}

    def see_malformed(self, source: str, problem: str) -> None:
        """Count a line that is no use and keep the first few for the report."""
        self.malformed += 1
        if len(self.samples) < SAMPLES_MAX:
            self.samples.append(f"{source}: {problem}"[:SAMPLE_LENGTH_MAX])
