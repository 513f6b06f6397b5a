"""Whether it is proved that nothing of a pool is open at the venue: what was asked, and when."""

from msgspec import Struct

from market_maker.execution.engines import RunningPool
from market_maker.execution.order_proof import EMPTY_LISTS_FOR_PROOF, VenueAnswer
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import OrderState
from market_maker.model.units import Nanos
from market_maker.operations.views import PoolStatus


class PoolProof(Struct, frozen=True, kw_only=True):
    """proved: the venue was asked after the last stop and listed nothing, looks_wanted times in a
    row, and nothing is unknown. venue: which one is asked. pulled_at: when orders were pulled last;
    last_look: when the venue last answered; asked: its last answers since the pull, oldest first;
    proved_at: the answer that proved it, null while it is not proved. listed: orders in the last
    answer, foreign_orders: those of them that the engine does not know, null before any answer.
    detail: why it is not proved, empty when it is."""

    symbol: str
    state: PoolStatus
    proved: bool
    detail: str
    venue: str
    pulled_at: Nanos | None
    last_look: Nanos | None
    asked: tuple[VenueAnswer, ...]
    proved_at: Nanos | None
    looks_in_a_row: int
    looks_wanted: int
    listed: int
    foreign_orders: int | None
    open_orders: int
    unknown_orders: int


def pool_proof(runner: RunningPool, venue: str) -> PoolProof:
    """Of a pool that has an engine. venue: where its orders go."""
    proof, orders = runner.proof, runner.open_orders()
    unknown = sum(order.state is OrderState.UNKNOWN for order in orders)
    detail = _why_not(runner, len(orders), unknown)
    return PoolProof(
        symbol=runner.instrument.symbol,
        state=PoolStatus(runner.state),
        proved=not detail,
        detail=detail,
        venue=venue,
        pulled_at=proof.pulled_at,
        last_look=proof.last_look,
        asked=proof.answers,
        proved_at=None if detail else proof.proved_at,
        looks_in_a_row=proof.empty_lists,
        looks_wanted=EMPTY_LISTS_FOR_PROOF,
        listed=len(proof.listed),
        foreign_orders=proof.strays,
        open_orders=len(orders),
        unknown_orders=unknown,
    )


def no_proof(symbol: str, venue: str) -> PoolProof:
    """Of a pool without an engine: nothing was sent, nothing is asked."""
    return PoolProof(
        symbol=symbol,
        state=PoolStatus.NOT_RUNNING,
        proved=False,
        detail="no engine: this process has sent nothing, and asks nothing",
        venue=venue,
        pulled_at=None,
        last_look=None,
        asked=(),
        proved_at=None,
        looks_in_a_row=0,
        looks_wanted=EMPTY_LISTS_FOR_PROOF,
        listed=0,
        foreign_orders=None,
        open_orders=0,
        unknown_orders=0,
    )


def _why_not(runner: RunningPool, orders: int, unknown: int) -> str:
    proof = runner.proof
    if runner.state is PoolState.ACTIVE:
        return "the pool is ACTIVE: it quotes"
    if unknown:
        return f"{unknown} orders are unknown"
    if orders:
        return f"{orders} orders may be open"
    if not proof.unconfirmed:
        return ""
    if proof.last_look is None or proof.last_look < (proof.pulled_at or 0):
        return "the venue has not answered since the orders were pulled"
    return f"the venue listed nothing {proof.empty_lists} of {EMPTY_LISTS_FOR_PROOF} times"
