"""What was counted while a capture was read."""

from collections import Counter

SAMPLES_MAX = 20
SAMPLE_LENGTH_MAX = 160


class CaptureCounts:
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

    def __init__(self) -> None:
        self.lines = 0
        self.kinds: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.depth_of_others: Counter[str] = Counter()
        self.nameless_snapshots = 0
        self.malformed = 0
        self.samples: list[str] = []
        self.stale_depth = 0
        self.unusable_snapshots = 0
        self.gaps = 0
        self.late_tickers = 0
        self.duplicate_trades = 0
        self.backlog_trades = 0
        self.missing_trades = 0
        self.mismatches = 0
        self.remarks: list[str] = []

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
