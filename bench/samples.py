"""Where a process spends its time, by samples: as little processor time apart as the system counts,
so that the process is hardly slower for it, as it is with cProfile.

What a sample belongs to is the outermost function of ours on the stack (the task that runs) and the
innermost one. Without one of ours it is the event loop, a library, or another thread: that of the
consumer, that of the journal."""

import signal
from collections import Counter
from pathlib import Path
from time import perf_counter, process_time
from types import FrameType

EVERY_S = 0.001
LINES = 16
OURS = "/market_maker/"
NEITHER = "event loop, libraries, other threads"


class Samples:
    """Begins and ends with `turn`; the table goes to `out`."""

    def __init__(self, out: Path) -> None:
        self._out, self._spent, self._began = out, 0.0, 0.0
        self._tasks: Counter[str] = Counter()
        self._inner: Counter[str] = Counter()
        self._running = False

    def turn(self) -> None:
        """On, or off and written."""
        if self._running:
            signal.setitimer(signal.ITIMER_PROF, 0)
            span = perf_counter() - self._began
            self._out.write_text(self._table(process_time() - self._spent, span))
        else:
            self._tasks.clear()
            self._inner.clear()
            self._spent, self._began = process_time(), perf_counter()
            signal.signal(signal.SIGPROF, self._take)
            signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
        self._running = not self._running

    def _take(self, _number: int, frame: FrameType | None) -> None:
        inner = outer = leaf = ""
        while frame is not None:
            code = frame.f_code
            name = f"{Path(code.co_filename).stem}.{code.co_qualname}"
            leaf = leaf or name
            if OURS in code.co_filename and not code.co_filename.endswith("supervisor.py"):
                inner, outer = inner or name, name
            frame = frame.f_back
        self._tasks[outer or NEITHER] += 1
        self._inner[inner or leaf] += 1

    def _table(self, spent: float, span: float) -> str:
        """By share, and milliseconds of processor time in a second."""
        taken = max(1, self._tasks.total())
        lines = [f"{taken} samples, {spent:.2f} s of processor time in {span:.1f} s"]
        for what, counts in (("task", self._tasks), ("innermost", self._inner)):
            for name, count in counts.most_common(LINES):
                share = count / taken
                lines.append(
                    f"  {what:<10} {share:6.1%} {share * spent / span * 1e3:6.1f} ms/s  {name}"
                )
        return "\n".join(lines)
