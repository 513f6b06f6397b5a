"""Where a process spends its time, by samples: as little processor time apart as the system counts,
so that the process is hardly slower for it, as it is with cProfile.

What a sample belongs to is the outermost function of ours on the stack (the task that runs), the
innermost one, and each one in between (within). Without one of ours it is the event loop, a
library, or another thread: that of the consumer, that of the journal.

Beside it how late the loop comes back to who waits for it, and what ran while it was late: the
stack is read every few milliseconds of wall time as well."""

import asyncio
import signal
from collections import Counter
from pathlib import Path
from time import perf_counter, process_time
from types import FrameType

EVERY_S = 0.001
LINES = 16
OURS = "/market_maker/"
NEITHER = "event loop, libraries, other threads"
TICK_S = 0.002
LOOKED_S = 0.004
LATE_S = 0.010
"""What holds the loop for longer is named."""
SHARES = (0.5, 0.9, 0.99, 0.999, 1.0)


class Late:
    """How late the loop is, and what it was doing meanwhile."""

    def __init__(self) -> None:
        self._lags: list[float] = []
        self._doing: Counter[str] = Counter()
        self._due = 0.0
        self._running = False

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on."""
        self._lags.clear()
        self._doing.clear()
        self._running, self._due = True, perf_counter() + TICK_S
        loop.call_later(TICK_S, self._tick, loop)
        signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, LOOKED_S, LOOKED_S)

    def end(self) -> None:
        """No more."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._running = False

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._lags.append(perf_counter() - self._due)
        self._due = perf_counter() + TICK_S
        if self._running:
            loop.call_later(TICK_S, self._tick, loop)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        if perf_counter() - self._due > LATE_S:
            stack = _ours(frame)
            self._doing[f"{stack[-1]} … {stack[0]}" if stack else NEITHER] += 1

    def lines(self) -> list[str]:
        """The lags, and what ran in those that were long."""
        lags = sorted(self._lags) or [0.0]
        at = (lags[min(len(lags) - 1, int(len(lags) * share))] * 1e3 for share in SHARES)
        shown = "p50 {:.2f}, p90 {:.2f}, p99 {:.2f}, p99.9 {:.2f}, worst {:.2f} ms".format(*at)
        lines = [f"  loop late  {shown}"]
        for name, count in self._doing.most_common(LINES):
            lines.append(f"  held it    {count * LOOKED_S * 1e3:6.0f} ms  {name}")
        return lines


class Samples:
    """Begins and ends with `turn`; the table goes to `out`."""

    def __init__(self, out: Path) -> None:
        self._out, self._spent, self._began = out, 0.0, 0.0
        self._counts: dict[str, Counter[str]] = {
            what: Counter() for what in ("task", "innermost", "within")
        }
        self._late = Late()
        self._running = False

    def turn(self) -> None:
        """On, or off and written."""
        if self._running:
            signal.setitimer(signal.ITIMER_PROF, 0)
            self._late.end()
            span = perf_counter() - self._began
            self._out.write_text(self._table(process_time() - self._spent, span))
        else:
            for counts in self._counts.values():
                counts.clear()
            self._spent, self._began = process_time(), perf_counter()
            signal.signal(signal.SIGPROF, self._take)
            signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
            self._late.begin(asyncio.get_running_loop())
        self._running = not self._running

    def _take(self, _number: int, frame: FrameType | None) -> None:
        leaf = "" if frame is None else _named(frame)
        stack = _ours(frame)
        self._counts["task"][stack[-1] if stack else NEITHER] += 1
        self._counts["innermost"][stack[0] if stack else leaf] += 1
        self._counts["within"].update(set(stack[:-1]))

    def _table(self, spent: float, span: float) -> str:
        """By share, and milliseconds of processor time in a second."""
        taken = max(1, self._counts["task"].total())
        lines = [f"{taken} samples, {spent:.2f} s of processor time in {span:.1f} s"]
        for what, counts in self._counts.items():
            for name, count in counts.most_common(LINES):
                share = count / taken
                lines.append(
                    f"  {what:<10} {share:6.1%} {share * spent / span * 1e3:6.1f} ms/s  {name}"
                )
        return "\n".join(lines + self._late.lines())


def _ours(frame: FrameType | None) -> list[str]:
    """Functions of ours on a stack, the innermost first."""
    found = []
    while frame is not None:
        code = frame.f_code
        if OURS in code.co_filename and not code.co_filename.endswith("supervisor.py"):
            found.append(_named(frame))
        frame = frame.f_back
    return found


def _named(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_qualname}"
