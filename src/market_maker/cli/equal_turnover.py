"""`market_maker compare --equal-turnover`: a pool against the references, as much traded each."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress as ProgressBar
from rich.table import Table

from market_maker.cli import replay_options as options
from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.research.comparing import SharedTerms
from market_maker.research.equal_turnover import (
    EQUAL_PCT,
    Match,
    Standing,
    standings,
)
from market_maker.research.equal_turnover_runs import WalkTerms, walk_in_processes
from market_maker.research.fill_outcomes import HORIZONS_S
from market_maker.research.recommended import ablations, contenders, recommended_config
from market_maker.research.resampling import CONFIDENCE_PCT, Interval
from market_maker.research.wording import NONE, signed

_WIDTH = 160
_SAME = Interval(0.0, 0.0, 0.0)
"""Of a term that nothing in the recordings set to work."""


def compare_at_equal_turnover(
    recordings: Sequence[Path],
    pool: tuple[Path | None, str | None],
    terms: SharedTerms,
    *,
    match: str | None,
    ablation: bool,
    jobs: int,
) -> list[Standing]:
    """The standings of a pool and of both references; with `ablation` of the pool with each of its
    terms changed. pool: its file (None: the recommended one), and the rate of the quote currency,
    as in replay_options. match: None for the splits before, and with `ablation` for the judged
    ones: a change of one term is worth little beside turnovers that come apart. Raises what reading
    raises, and InvalidFieldError."""
    if match not in (None, *Match):
        raise InvalidFieldError("match", match, "one of " + ", ".join(Match))
    if len({path.stem for path in recordings}) < len(recordings):
        named = " ".join(path.stem for path in recordings)
        raise InvalidFieldError("recordings", named, "files whose names differ")

    def ours(recording: Recording) -> PoolConfig:
        path, rate = pool
        if path is not None:
            return options.pool_config_of(path, recording, rate)
        recommended = recommended_config(recording.instrument.symbol)
        return options.priced(recommended, recording, rate)

    others = ablations if ablation else contenders
    chosen = Match(match or (Match.JUDGED if ablation else Match.BEFORE))
    judgement = WalkTerms(terms, chosen, jobs)
    with _progress() as progress:
        splits = walk_in_processes(recordings, lambda each: others(ours(each)), judgement, progress)
    return standings(splits, terms.seed)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while it is a terminal."""
    console = Console(stderr=True)
    with ProgressBar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Replaying", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_standings(table: Sequence[Standing], *, as_json: bool) -> None:
    """As a table, or as JSON."""
    if as_json:
        print(msgspec.json.encode(list(table)).decode())
        return
    console = Console()
    console = console if console.is_terminal else Console(width=_WIDTH)
    console.print(_standings(table))
    console.print(_verdict(table), highlight=False)


def _standings(table: Sequence[Standing]) -> Table:
    title = (
        "At equal turnover, walking forward; worth of fills in bps of turnover, and what the first "
        f"earned more, with {CONFIDENCE_PCT} % of paired block resamples between the brackets"
    )
    shown = Table(title=title, title_justify="left", box=None, padding=(0, 1), header_style="dim")
    shown.add_column("recording", overflow="fold")
    shown.add_column("strategy", overflow="fold")
    names = ["dial", "turnover", "of the first's", "mean |position|"]
    for horizon in HORIZONS_S:
        names += [f"after {horizon} s", "first more by"]
    for name in (*names, "blocks"):
        shown.add_column(name, justify="right")
    for each in table:
        shown.add_row(*_row(each))
    return shown


def _row(each: Standing) -> list[str]:
    low, high = each.dials
    ratio = NONE if not each.turnover_ratio else f"{100.0 / each.turnover_ratio:.0f} %"
    cells = [
        each.where,
        each.label,
        f"{low:.2f}" if low == high else f"{low:.2f}-{high:.2f}",
        f"{each.turnover:,.0f}",
        ratio if each.equal else f"{ratio} (not equal)",
        f"{each.held:,.0f}",
    ]
    for horizon in HORIZONS_S:
        earned = each.earned[horizon]
        cells += [NONE if earned is None else signed(earned), _bracket(each.apart[horizon])]
    return [*cells, str(each.blocks)]


def _bracket(apart: Interval) -> str:
    if apart.value is None or apart.low is None or apart.high is None:
        return NONE
    star = "*" if apart.decided else ""
    return f"{signed(apart.value)} [{signed(apart.low)}, {signed(apart.high)}]{star}"


def _verdict(table: Sequence[Standing]) -> str:
    """Where the first one beats another, and where it does not."""
    first = table[0].label
    lines = []
    for each in table:
        if each.label == first:
            continue
        mine = next(other for other in table if (other.where, other.label) == (each.where, first))
        if each.held == mine.held and all(each.apart[h] == _SAME for h in HORIZONS_S):
            lines.append(
                f"{each.where}: {each.label} decided as {first} did: it is not judged here"
            )
            continue
        won = [h for h in HORIZONS_S if (low := each.apart[h].low) is not None and low > 0]
        lost = [h for h in HORIZONS_S if (high := each.apart[h].high) is not None and high < 0]
        words = [f"better after {h} s" for h in won] + [f"worse after {h} s" for h in lost]
        words += [f"undecided after {h} s" for h in HORIZONS_S if h not in (*won, *lost)]
        words.append("at more inventory" if mine.held > each.held else "at no more inventory")
        if not each.equal:
            words.append(f"turnovers more than {EQUAL_PCT:g} % apart")
        lines.append(f"{each.where}: {first} against {each.label}: {', '.join(words)}")
    return "\n".join(lines)
