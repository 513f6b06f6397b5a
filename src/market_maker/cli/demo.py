"""`market_maker demo`: a pool of three members quotes on the sandbox exchange, in real time."""

import signal
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from types import FrameType, TracebackType
from typing import Annotated, Self

import msgspec
import typer

from market_maker.bootstrap import DEMO_SYMBOL, WARM_UP_STEP, Demo, demo, demo_config
from market_maker.cli.display import Display, display_for
from market_maker.cli.screen import DEPTH, ScreenFrame
from market_maker.clocks import WallClock
from market_maker.config import load_pool_config
from market_maker.model.errors import InvalidFieldError
from market_maker.model.lifecycle import Command
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.service.summary import Ending, Money, Summary, summarise

STEP = Nanos(10 * NANOS_PER_MS)
"""Between two looks at the market."""
WIND_DOWN_MAX = Nanos(10 * NANOS_PER_SECOND)
"""How long the venue may take to prove that nothing of ours is left."""
SECONDS_MAX = 7 * 86_400
SEED_MAX = 2**32 - 1
OPERATOR = "demo"
EXIT_UNPROVED = 1
EXIT_INTERRUPTED = 130


def command(
    seconds: Annotated[
        float | None, typer.Option(help="End by itself after this long; else run until Ctrl-C.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the market: the same seed, the same traders.")] = 1,
    config: Annotated[
        Path | None, typer.Option(help="A pool configuration (TOML) in place of the demo's.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object at the end, nothing else on stdout.")
    ] = False,
) -> None:
    """Quote on the sandbox exchange in real time: no account, no server.

    Ends with every order cancelled and the exchange's own word that none is left.
    """
    span = _span(seconds)
    if not 0 <= seed <= SEED_MAX:
        raise InvalidFieldError("seed", seed, f"a whole number from 0 to {SEED_MAX}")
    pool = demo_config() if config is None else load_pool_config(config, DEMO_SYMBOL)
    clock = WallClock()
    service = demo(pool, seed, clock.now())
    with Stop() as stop, display_for(sys.stdout, sys.stderr, as_json=as_json) as display:
        run = Run(service, clock, display, stop)
        try:
            summary = run.whole(span)
        except SecondInterruptError:
            display.close()
            print(run.left_behind(), file=sys.stderr)
            raise typer.Exit(EXIT_INTERRUPTED) from None
    if as_json:
        print(msgspec.json.encode(summary).decode())
    else:
        print(report(summary))
    if not summary.clean:
        raise typer.Exit(EXIT_UNPROVED)


class SecondInterruptError(KeyboardInterrupt):
    """Whoever interrupted would not wait. No Exception, or a supervisor would take it for a bug."""


class Stop:
    """Ctrl-C and SIGTERM: the first asks for an orderly end, the second for an end at once."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.reason = ""

    def __enter__(self) -> Self:
        self._before = [signal.signal(number, self._heard) for number in self.SIGNALS]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in zip(self.SIGNALS, self._before, strict=True):
            signal.signal(number, handler)

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        if self.reason:
            raise SecondInterruptError
        self.reason = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name


class Run:
    """One run of the demo, from warm-up to proof."""

    def __init__(self, service: Demo, clock: Clock, display: Display, stop: Stop) -> None:
        self._service, self._clock, self._display, self._stop = service, clock, display, stop
        self._session = service.session
        self._begun = clock.now()
        self._end: Nanos | None = None
        self._notice = ""

    def whole(self, span: Nanos | None) -> Summary:
        """Warm up, quote for `span` (None: until stopped), and end with proof."""
        self._warm_up()
        self._begun = now = self._clock.now()
        self._end = None if span is None else Nanos(now + span)
        self._session.command(now, Command.ENABLE, OPERATOR, "demo started")
        self._notice = "Ctrl-C cancels every order and ends"
        while self._goes_on():
            self._step()
        ended = self._clock.now()
        self._wind_down()
        return self._summary(Nanos(ended - self._begun))

    def left_behind(self) -> str:
        """What an end at once may leave, in one line."""
        left = self._session.left_open(self._clock.now())
        if left is None:
            return "interrupted twice: the venue does not say how many orders may be left open"
        return f"interrupted twice: {len(left)} orders may be left open on the venue"

    def _warm_up(self) -> None:
        """Run the market's first seconds ahead of time, so that volatility is known."""
        self._notice = "warming up on the market's recent past"
        now, until = self._service.start, self._service.start + self._service.warm_up
        while now < until and not self._stop.reason:
            now = Nanos(min(now + WARM_UP_STEP, until))
            self._session.step(now)
            self._display.offer(self._clock.now(), self._frame)

    def _goes_on(self) -> bool:
        if self._stop.reason or self._session.failure is not None:
            return False
        return self._end is None or self._clock.now() < self._end

    def _step(self) -> None:
        self._session.step(self._clock.now())
        self._display.offer(self._clock.now(), self._frame)
        self._clock.sleep(STEP)

    def _wind_down(self) -> None:
        """Pause, and wait until the venue itself says that nothing of ours is open."""
        now = self._clock.now()
        reason = self._stop.reason or "time is up"
        self._notice = f"{reason}: cancelling every order, waiting for the venue's word"
        self._session.command(now, Command.PAUSE, OPERATOR, reason)
        self._step()
        deadline = now + WIND_DOWN_MAX
        while not self._session.proved_gone(self._clock.now()) and self._clock.now() < deadline:
            self._step()

    def _summary(self, elapsed: Nanos) -> Summary:
        session, service = self._session, self._service
        left = session.left_open(self._clock.now())
        ending = Ending(
            seed=service.seed,
            elapsed=elapsed,
            positions={member: service.venue.position(member) for member in service.members},
            open_orders=None if left is None else len(left),
            failure=session.failure,
        )
        return summarise(service.instrument, session.latest, session.tally, ending)

    def _frame(self) -> ScreenFrame:
        now, engine = self._clock.now(), self._session.latest
        bids, asks = self._session.depth(DEPTH)
        seen, wanted = engine.samples
        warming = f"warming up: {seen} of {wanted} volatility samples" if seen < wanted else ""
        return ScreenFrame(
            instrument=self._service.instrument,
            config=self._service.config,
            engine=engine,
            bids=bids,
            asks=asks,
            tape=self._session.tally.tape,
            history=self._session.tally.history,
            elapsed=Nanos(now - self._begun),
            left=None if self._end is None else Nanos(max(0, self._end - now)),
            notice=self._session.failure or warming or self._notice,
        )


def _span(seconds: float | None) -> Nanos | None:
    if seconds is None:
        return None
    if not 0 < seconds <= SECONDS_MAX:
        raise InvalidFieldError("seconds", seconds, f"a number above 0, at most {SECONDS_MAX}")
    return Nanos(round(seconds * NANOS_PER_SECOND))


def report(summary: Summary) -> str:
    """The summary for people."""
    lines = [
        f"{summary.symbol}  {summary.duration_s:.1f} s  market seed {summary.seed}",
        f"fills {summary.fills}  volume {summary.volume:,.2f} USDT  turns {summary.turns}",
        f"orders placed {summary.orders_placed}  cancels {summary.orders_cancelled}",
        f"refused {summary.rejects}  refused as post-only {summary.post_only_rejects}",
        f"quoting both sides {summary.quoting_uptime:.1%} of the time",
    ]
    for side, reasons in summary.reasons.items():
        shares = ", ".join(f"{reason} {share:.1%}" for reason, share in reasons.items())
        lines.append(f"  {side}: {shares}")
    lines += ["", _row("", ("position", "realised", "unrealised", "fees paid", "net"))]
    for member in summary.members:
        name = f"{member.participant_id} {member.weight_pct}%"
        lines.append(_money_line(name, member.position, member.pnl))
    lines += [_money_line("pool", summary.position, summary.pnl), "", _proof(summary)]
    return "\n".join(lines)


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:<14}" + "".join(f"{cell:>13}" for cell in cells)


def _money_line(name: str, position: Decimal, money: Money) -> str:
    amounts = (money.realised, money.unrealised, money.fees, money.net)
    return _row(name, [f"{position:+}", *(f"{amount:+,.4f}" for amount in amounts)])


def _proof(summary: Summary) -> str:
    if summary.failure is not None:
        return f"THE ENGINE BROKE: {summary.failure}; open orders {summary.open_orders}"
    if summary.open_orders is None:
        return "OPEN ORDERS UNKNOWN: the venue does not answer"
    if summary.open_orders:
        return f"{summary.open_orders} ORDERS STILL OPEN on the venue"
    if not summary.checks.all_hold:
        return f"THE BOOKS DO NOT AGREE: {summary.checks}"
    return "the venue says 0 orders open; members add up to the pool and fills to positions"
