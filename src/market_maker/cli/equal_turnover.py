"""`market_maker compare --equal-turnover`: a pool against the references, as much traded each."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress as ProgressBar
from rich.table import Table

from market_maker.cli import replay_options as options
from market_maker.cli.table_console import table_console
from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.research.common_time import common_time
from market_maker.research.comparing import cases_of
from market_maker.research.equal_turnover import (
    EQUAL_PCT,
    Contender,
    Match,
    Standing,
    standings,
)
from market_maker.research.equal_turnover_runs import (
    LedRecording,
    WalkTerms,
    halves_in_processes,
    walk_in_processes,
)
from market_maker.research.fill_outcomes import HORIZONS_S
from market_maker.research.held_out import (
    HALVES,
    HeldOut,
    SweptPairs,
    held_out,
    idle_choices,
)
from market_maker.research.idle_fields import IdleFields, idle_words
from market_maker.research.recommended import (
    REFERENCES,
    ablations,
    contenders,
    recommended_config,
)
from market_maker.research.resampling import CONFIDENCE_PCT, Interval, few_blocks
from market_maker.research.shared_terms import SharedTerms
from market_maker.research.sweep_plan import checksum_of
from market_maker.research.sweep_space import SweepDimension
from market_maker.research.wording import NONE, signed
from market_maker.storage.recording import read_recording

AS_GIVEN = "as given"
"""The pool that is not chosen, beside what is."""

_SAME = Interval(0.0, 0.0, 0.0)
"""Of a term that nothing in the recordings set to work."""


class EqualTurnover(Struct, frozen=True):
    """Of `compare --equal-turnover`. leads: none, one for all recordings, or one for each. pool:
    its file (None: the recommended one), and the rate of the quote currency, as in replay_options.
    match: None for the splits before, and with `ablation` for the judged ones: a change of one
    term is worth little beside turnovers that come apart."""

    recordings: Sequence[Path]
    leads: Sequence[Path]
    pool: tuple[Path | None, str | None]
    terms: SharedTerms
    match: str | None
    jobs: int

    def check(self) -> None:
        """Raises InvalidFieldError."""
        if self.match not in (None, *Match):
            raise InvalidFieldError("match", self.match, "one of " + ", ".join(Match))
        if len({path.stem for path in self.recordings}) < len(self.recordings):
            stems = " ".join(path.stem for path in self.recordings)
            raise InvalidFieldError("recordings", stems, "files whose names differ")
        met: dict[str, str] = {}
        named = [(path.name, read_recording(path)) for path in self.recordings]
        for name, recording in named:
            holds = checksum_of(recording)
            if holds in met:
                allowed = f"each recording once; {met[holds]} holds the same"
                raise InvalidFieldError("recordings", name, allowed)
            met[holds] = name
        for (name, recording), shared in zip(named, common_time(named), strict=True):
            for remark in recording.remarks + shared:
                print(f"Of {name}: {remark}.", file=sys.stderr)

    @property
    def markets(self) -> list[LedRecording]:
        """Every recording with its lead. Raises InvalidFieldError."""
        leads = options.lead_of_each(self.leads, len(self.recordings))
        return [LedRecording(*pair) for pair in zip(self.recordings, leads, strict=True)]

    def config(self, recording: Recording) -> PoolConfig:
        """The pool on a recording, without a lead."""
        path, rate = self.pool
        if path is not None:
            return options.pool_config_of(path, recording, rate)
        recommended = recommended_config(recording.instrument.symbol)
        return options.priced(recommended, recording, rate)

    def led(self, recording: Recording, lead: Recording | None) -> PoolConfig:
        """The pool on a recording, after its lead."""
        return options.led(self.config(recording), recording, lead)


def compare_at_equal_turnover(asked: EqualTurnover, *, ablation: bool) -> list[Standing]:
    """The standings of a pool and of both references; with `ablation` of the pool with each of its
    terms changed. Raises what reading raises, and InvalidFieldError."""
    asked.check()

    def changed(recording: Recording, lead: Recording | None) -> Sequence[Contender]:
        config = asked.config(recording)
        led = None if lead is None else options.led(config, recording, lead)
        return ablations(config, led)

    def others(recording: Recording, lead: Recording | None) -> Sequence[Contender]:
        return contenders(asked.led(recording, lead))

    chosen = Match(asked.match or (Match.JUDGED if ablation else Match.BEFORE))
    judgement = WalkTerms(asked.terms, chosen, asked.jobs)
    with _progress() as progress:
        splits = walk_in_processes(
            asked.markets, changed if ablation else others, judgement, progress
        )
    return standings(splits, asked.terms.seed)


def choose_on_halves(asked: EqualTurnover, sweeps: Sequence[SweepDimension]) -> list[HeldOut]:
    """Every combination of swept values, chosen on one half of each recording and judged on the
    other, beside both references and the pool as given. Raises as compare_at_equal_turnover."""
    asked.check()
    if asked.match is not None:
        allowed = "nothing beside --sweep, whose dials are set on the half that chooses"
        raise InvalidFieldError("match", asked.match, allowed)

    swept: dict[str, dict[str, SweptPairs]] = {}

    def tried(recording: Recording, lead: Recording | None) -> Sequence[Contender]:
        config = asked.led(recording, lead)
        given, *references = contenders(config)
        cases = cases_of(config, [config.strategy], sweeps)
        swept[config.strategy] = {each.label: each.swept for each in cases}
        choices = [Contender(each.label, each.config) for each in cases]
        return [given, *choices, *references, Contender(AS_GIVEN, config)]

    judgement = WalkTerms(asked.terms, Match.JUDGED, asked.jobs)
    with _progress() as progress:
        runs = halves_in_processes(asked.markets, tried, judgement, progress)
    others = (*REFERENCES, AS_GIVEN)
    choices = [label for label in runs if label not in others]
    idle: IdleFields = {}
    for strategy, cases in swept.items():
        idle |= idle_choices(runs, strategy, cases)
    found = held_out(runs, choices, others, asked.terms.seed)
    return [msgspec.structs.replace(each, idle=idle) for each in found]


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
    console = table_console()
    console.print(_standings(table))
    console.print(_verdict(table), highlight=False)


def print_held_out(found: Sequence[HeldOut], *, as_json: bool) -> None:
    """What each half chose and how that stands on the other, as tables, or as JSON."""
    if as_json:
        print(msgspec.json.encode(list(found)).decode())
        return
    console = table_console()
    for each in found:
        words = ("first", "second") if each.half == HALVES[0] else ("second", "first")
        earned = ", ".join(
            f"{tried.label} {NONE if tried.earned is None else signed(tried.earned)}"
            for tried in each.choices
        )
        line = f"Chosen on the {words[0]} halves, by bps of turnover: {earned}"
        console.print(line, highlight=False)
        console.print(_standings(each.table, f"Judged on the {words[1]} halves"))
        console.print(_verdict(each.table), highlight=False)
    for sentence in idle_words(found[0].idle):
        console.print(sentence, highlight=False)


def _standings(
    table: Sequence[Standing], what: str = "At equal turnover, walking forward"
) -> Table:
    title = (
        f"{what}; worth of fills in bps of turnover, and what the first "
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
        apart = _bracket(each.apart[horizon], trusted=each.trusted)
        cells += [NONE if earned is None else signed(earned), apart]
    return [*cells, str(each.blocks)]


def _bracket(apart: Interval, *, trusted: bool) -> str:
    if apart.value is None or apart.low is None or apart.high is None:
        return NONE
    star = "*" if trusted and apart.decided else ""
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
        better, worse = ("better", "worse") if each.trusted else ("ahead", "behind")
        words = [f"{better} after {h} s" for h in won] + [f"{worse} after {h} s" for h in lost]
        words += [f"undecided after {h} s" for h in HORIZONS_S if h not in (*won, *lost)]
        words.append("at more inventory" if mine.held > each.held else "at no more inventory")
        if not each.equal:
            words.append(f"turnovers more than {EQUAL_PCT:g} % apart")
        if not each.trusted and (won or lost):
            words.append(few_blocks(each.blocks).rstrip("."))
        lines.append(f"{each.where}: {first} against {each.label}: {', '.join(words)}")
    return "\n".join(lines)
