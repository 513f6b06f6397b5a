"""Reviews of halts: by a person who proved who they are, other than who resumes. They stand in the
audit log, under the reviewer's own name."""

from msgspec import Struct

from market_maker.journaling.audit import DONE, AuditEntry, AuditTrail
from market_maker.model.actions import RecordState
from market_maker.model.caller import ANONYMOUS, Caller
from market_maker.model.errors import ConflictError, InvalidFieldError
from market_maker.model.records import AuditCriteria
from market_maker.operations.after_restore import RESTORE
from market_maker.ports import Store

ACTION = "pool.review"
REVIEWS_MAX = 100
HOW = "POST /v1/pools/{symbol}/review, with a token of their own"


class Review(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who reviewed a halt, and what they found."""

    reviewed_by: str
    note: str


class HaltReviews:
    """Records and finds them. required: no halt is lifted without one."""

    def __init__(self, store: Store, trail: AuditTrail, *, required: bool) -> None:
        self._store, self._trail, self._required = store, trail, required

    async def record(self, caller: Caller, symbol: str, halt: RecordState, note: str) -> Review:
        """The caller's own review. Raises ConflictError for the caller who halted the pool."""
        self._check_other(caller.subject, halt.by, "who halted a pool does not review it")
        async with self._store.transaction() as unit:
            await self._trail.append(
                unit,
                AuditEntry(caller=caller, action=ACTION, target=symbol, reason=note),
            )
        return Review(reviewed_by=caller.subject, note=note)

    async def reason(
        self, caller: Caller, symbol: str, halt: RecordState, named: Review | None
    ) -> str:
        """Why the caller may resume after `halt`, in words. named: the review that the request
        names. Raises InvalidFieldError("reviewed_by") where one is required and there is
        none, ConflictError("reviewed_by") where it is unnamed, or the wrong person's."""
        reviews = await self._since(symbol, halt)
        if named is None:
            others = [each for each in reviews if each.reviewed_by != caller.subject]
            if others:
                return _words(halt, others[0])
            if self._required:
                allowed = f"who reviewed the halt ({halt.reason}): {HOW}"
                raise InvalidFieldError("reviewed_by", None, allowed)
            return f"resumed after halt: {halt.reason}"
        return self._judged(caller, halt, named, reviews)

    def _judged(
        self, caller: Caller, halt: RecordState, named: Review, reviews: list[Review]
    ) -> str:
        name = named.reviewed_by
        if caller == ANONYMOUS:
            # Without authentication no name is proved, and every caller may do everything.
            return f"{_words(halt, named)} (an unproved name)"
        self._check_other(name, halt.by, "who halted a pool does not review it")
        if name == caller.subject:
            # Two persons all the same: one stopped it, this one reviewed, and resumes.
            self._check_person(halt.by, name)
            return _words(halt, named)
        if not any(each.reviewed_by == name for each in reviews):
            problem = f"no review by them since the halt; they record it by {HOW}"
            raise ConflictError("reviewed_by", name, problem)
        return _words(halt, named)

    async def _since(self, symbol: str, halt: RecordState) -> list[Review]:
        criteria = AuditCriteria(action=ACTION, target=symbol, since=halt.ts)
        page = await self._trail.page(criteria, REVIEWS_MAX)
        return [
            Review(reviewed_by=record.subject, note=record.reason)
            for record in page.items
            if record.result == DONE and record.subject != halt.by
        ]

    def _check_other(self, name: str, halted_by: str, problem: str) -> None:
        if name == halted_by:
            raise ConflictError("reviewed_by", name, problem)

    def _check_person(self, halted_by: str, name: str) -> None:
        if halted_by in NO_PERSONS:
            problem = f"the only review is yours: another person reviews it by {HOW}"
            raise ConflictError("reviewed_by", name, problem)


NO_PERSONS = ("guard", "service", "supervisor", "console", RESTORE, "")
"""What halts a pool and is no person."""


def _words(halt: RecordState, review: Review) -> str:
    return f"resumed after halt ({halt.reason}), reviewed by {review.reviewed_by}: {review.note}"
