"""Answers about how well members quote: one Struct per query."""

from msgspec import Struct

from market_maker.model.money import DailyPerformance, Obligations
from market_maker.model.units import Nanos, ParticipantId
from market_maker.scoring.leaderboard import Ranked
from market_maker.scoring.obligations import SymbolDuties


class Leaderboard(Struct, frozen=True, kw_only=True):
    """[since, until), whole days. provisional: the day that is not over is among them, as far as
    it has come. formula: how a score is made of its parts. names: of the participants."""

    since: Nanos
    until: Nanos
    provisional: bool
    formula: str
    names: dict[ParticipantId, str]
    rows: tuple[Ranked, ...]


class Scored(Struct, frozen=True, kw_only=True):
    """Days of one symbol or one participant, newest first, each with every component of its score.
    today: of the day that is not over, as far as it has come; empty after the first page, and
    where the time asked for does not reach it."""

    formula: str
    today: tuple[DailyPerformance, ...]
    items: tuple[DailyPerformance, ...]
    next_cursor: str | None


class ObligationsView(Struct, frozen=True, kw_only=True):
    """What was promised (None: nothing ever), and how far it was met within [since, until), the
    day that is not over included. met: all of it, in all symbols; None where nothing was promised
    or measured."""

    participant_id: ParticipantId
    promised: Obligations | None
    since: Nanos
    until: Nanos
    symbols: tuple[SymbolDuties, ...]
    met: bool | None
