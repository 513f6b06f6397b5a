"""One self-contained HTML page about a replay: no link leads out of the file.

How to read it: docs/reading-a-report.md.
"""

import html
from collections import Counter
from collections.abc import Iterable

from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from market_maker.model.units import BPS, NANOS_PER_MS
from market_maker.research import figures
from market_maker.research.evaluation import Evaluation
from market_maker.research.report_page import report_page
from market_maker.research.result import ReplayResult
from market_maker.research.wording import (
    few_fills,
    money_decimals,
    number,
    percent,
    period,
    quote_currency,
    remarked,
    signed,
    unit_of_position,
    utc,
)

_FIVE_SECONDS = 5

LIMITS = (
    (
        "Our orders leave no mark on the market: no trader reacts to them, and the volume that "
        "filled us still goes on in the data. Real fills would move the price."
    ),
    (
        "The place in the queue is a model, because the data show sizes and not orders. The "
        "pessimistic model moves up only by trades, the probability model also by cancellations "
        "of others. The truth is likely between the two, so read both."
    ),
    "Latencies are constants. Real ones grow exactly when the market moves.",
    "One recording is one sample of one market in one mood. Nothing here is a forecast.",
)
"""What a replay cannot know."""


def render(evaluation: Evaluation) -> str:
    """The page. Equal evaluations have equal pages."""
    result = evaluation.result
    parts = (
        _header(evaluation),
        figures.price(evaluation),
        figures.inventory(evaluation),
        figures.pnl(evaluation),
        figures.spread(evaluation),
        figures.markout(evaluation),
        _ratios(evaluation),
        _orders(evaluation),
        _settings(evaluation),
        _provenance(evaluation),
        f"<footer>State hash <code>{result.state_hash}</code></footer>",
    )
    return report_page(f"Replay of {result.symbol}", parts)


def _header(evaluation: Evaluation) -> str:
    result, settings = evaluation.result, evaluation.settings
    facts = settings.recording
    line = (
        f"{str(settings.config['strategy']).replace('_', ' ')} · "
        f"{period(facts.start, facts.end)} · {number(result.duration_s, 1)} s · "
        f"{settings.queue} queue · latency {settings.entry_latency_ms} ms out, "
        f"{settings.response_latency_ms} ms back · maker fee {settings.maker_fee_bps} bps"
    )
    return (
        f"<h1>Replay of {html.escape(result.symbol)}</h1>"
        f'<p class="facts">{html.escape(line)}</p>'
        f'<p class="verdict">{html.escape(_verdict(evaluation))}</p>'
        f'<dl class="tiles">{"".join(_tiles(evaluation))}</dl>'
    )


def _verdict(evaluation: Evaluation) -> str:
    result = evaluation.result
    if not result.fills:
        nothing = "No order was filled, so there is no profit or loss to explain."
        return nothing + remarked(evaluation.settings.recording.remarks)
    net, money = float(result.net_pnl), result.pnl_currency
    outcome = "Lost" if net < 0 else "Made"
    text = (
        f"{outcome} {number(abs(net), money_decimals(money))} {money} on "
        f"{number(float(result.turnover), 0)} {quote_currency(result.symbol)} traded "
        f"({signed(BPS * net / evaluation.traded)} bps of it). Fills earned "
        f"{_money(result, result.pnl.spread)} against the mid of their moment, the mid's moves "
        f"afterwards brought {_money(result, result.pnl.inventory)}, fees "
        f"{_money(result, result.pnl.fees)}{_funding(evaluation)}.{_uncertainty(result)}"
    )
    few = few_fills(result.fills)
    text = f"{text} {few}." if few else text
    return text + remarked(evaluation.settings.recording.remarks)


def _money(result: ReplayResult, exact: str) -> str:
    return signed(float(exact), money_decimals(result.pnl_currency))


def _uncertainty(result: ReplayResult) -> str:
    """Of fills: what the two queue models say, between which the truth likely lies."""
    if not result.by_queue:
        return ""
    fills = sorted(each.fills for each in result.by_queue.values())
    nets = sorted((each.net_pnl for each in result.by_queue.values()), key=float)
    return (
        f" Between the two queue models lie {fills[0]} to {fills[-1]} fills and "
        f"{_money(result, nets[0])} to {_money(result, nets[-1])} {result.pnl_currency}."
    )


def _funding(evaluation: Evaluation) -> str:
    if evaluation.log.funding is None:
        return ""
    payments = len(evaluation.log.funding.ts)
    shown = _money(evaluation.result, evaluation.result.pnl.funding)
    return f", {payments} payments of funding {shown}"


def _tiles(evaluation: Evaluation) -> Iterable[str]:
    result = evaluation.result
    traded = f"{quote_currency(result.symbol)} in {result.fills} fills"
    unit = unit_of_position(evaluation.log.plan.counted)
    five = next(m for m in evaluation.markouts if m.horizon_s == _FIVE_SECONDS)
    error = "" if five.standard_error is None else f" ± {number(five.standard_error, 2)}"
    tiles = (
        ("Net PnL", _money(result, result.net_pnl), result.pnl_currency),
        ("Turnover", number(float(result.turnover), 0), traded),
        ("Markout after 5 s", number(five.mean, 2), f"bps{error}"),
        ("Quoting uptime", percent(result.quoting_uptime), "both sides live"),
        ("Mean spread", number(result.mean_spread_bps, 2), "bps while quoting"),
        ("Largest position", result.max_abs_position, unit),
    )
    for name, value, note in tiles:
        yield f"<div><dt>{name}</dt><dd>{value}<small>{html.escape(note)}</small></dd></div>"


def _ratios(evaluation: Evaluation) -> str:
    metrics = evaluation.metrics
    if metrics is None:
        return ""
    money = evaluation.result.pnl_currency
    decimals = max(4, money_decimals(money))
    rows = (
        (f"Largest drawdown, {money}", number(metrics.max_drawdown, decimals)),
        ("Net PnL by the largest drawdown", number(metrics.return_over_drawdown, 2)),
        ("Net PnL by turnover, bps", number(metrics.pnl_per_turnover_bps, 3)),
        ("Sharpe ratio a year", number(metrics.sharpe, 1)),
        ("Sortino ratio a year", number(metrics.sortino, 1)),
    )
    note = (
        "From the equity once a second, marked at the mid. The two ratios are those seconds "
        "stretched to a year of 365 days: they compare runs on the same data, and "
        f"{number(evaluation.result.duration_s, 0)} seconds say nothing about a year."
    )
    return (
        f"<section><h2>Risk and return</h2><p>{html.escape(note)}</p>{_table('', rows)}</section>"
    )


def _orders(evaluation: Evaluation) -> str:
    log, result = evaluation.log, evaluation.result
    counts = (
        ("Orders placed", result.orders_placed),
        ("Fills", result.fills),
        ("Orders cancelled", result.orders_cancelled),
        ("Cancels asked for", log.cancels_asked),
        ("Cancels that came too late", log.cancels_refused),
        ("Cancelled orders per fill", number(result.cancels_per_fill, 1)),
        ("Orders open at the end", log.unfinished),
        *((f"Rejected: {reason}", count) for reason, count in log.rejects),
    )
    queues = [
        (queue, f"{each.fills} fills, net {_money(result, each.net_pnl)} {result.pnl_currency}")
        for queue, each in result.by_queue.items()
    ]
    shares = (
        ("Both sides live", percent(result.quoting_uptime, 2)),
        ("Of the time with data", percent(result.quoting_uptime_net, 2)),
        ("… of it at the spread floor", percent(result.share_at_floor, 2)),
        ("… of it at the spread ceiling", percent(result.share_at_ceiling, 2)),
    )
    return (
        '<section><h2>Orders, and why we did not quote</h2><div class="columns">'
        f"<div>{_table('Orders', counts)}{_table('Share of time', shares)}"
        f"{_table('By the queue model', queues) if queues else ''}</div>"
        f"<div>{_reasons(evaluation, Side.BUY)}{_reasons(evaluation, Side.SELL)}</div>"
        "</div></section>"
    )


def _reasons(evaluation: Evaluation, side: Side) -> str:
    turns: Counter[Reason] = Counter()
    for bid, ask, count in evaluation.log.reasons:
        turns[bid if side is Side.BUY else ask] += count
    name = "Bid side, share of turns" if side is Side.BUY else "Ask side, share of turns"
    total = turns.total()
    found = sorted(turns.items(), key=lambda pair: (-pair[1], pair[0]))
    return _table(name, ((reason, percent(count / total, 2)) for reason, count in found))


def _settings(evaluation: Evaluation) -> str:
    settings = evaluation.settings
    members = settings.config.get("members")
    simple = {name: value for name, value in settings.config.items() if name != "members"}
    run = (
        ("Time between two turns", f"{settings.step_ms} ms"),
        ("Latency of market data", f"{settings.feed_latency_ms} ms"),
        ("Latency of our orders", f"{settings.entry_latency_ms} ms"),
        ("Latency of the answers", f"{settings.response_latency_ms} ms"),
        ("Queue model", settings.queue),
        ("Queue exponent", f"{settings.queue_exponent:g}"),
        ("Partial fills", "yes" if settings.partial_fills else "no"),
        ("Maker fee", f"{settings.maker_fee_bps} bps"),
        ("Seed", settings.seed),
    )
    of_members = (
        (member["participant_id"], f"{member['capital_weight_pct']} %")
        for member in (members if isinstance(members, list | tuple) else ())
    )
    config = _table("Pool configuration", ((name, _shown(value)) for name, value in simple.items()))
    return (
        '<section><h2>Settings as run</h2><div class="columns">'
        f"<div>{_table('Run', run)}{_table('Members', of_members)}</div><div>{config}</div>"
        "</div></section>"
    )


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if value != {} else "none"


def _provenance(evaluation: Evaluation) -> str:
    settings, closing = evaluation.settings, evaluation.closing
    facts = settings.recording
    rows = (
        ("Origin", facts.origin),
        ("First row received", utc(facts.start, "%Y-%m-%d %H:%M:%S.%f UTC")),
        ("Last row received", utc(facts.end, "%Y-%m-%d %H:%M:%S.%f UTC")),
        ("Rows", number(evaluation.result.events, 0)),
        ("Shift of the recorder's clock", f"{number(facts.clock_shift_ns / NANOS_PER_MS, 3)} ms"),
        *((("Leading market", settings.lead.origin),) if settings.lead else ()),
        *(("To know of the data", remark) for remark in facts.remarks),
        ("Position at the end", f"{closing.position}, marked at {closing.mid}"),
        ("Pool at the end", f"{closing.state}: {closing.reason}"),
    )
    limits = "".join(f"<li>{html.escape(text)}</li>" for text in LIMITS)
    return (
        f"<section><h2>Where the data came from</h2>{_table('', rows)}"
        f"<h3>What a replay cannot know</h3><ul>{limits}</ul></section>"
    )


def _table(name: str, rows: Iterable[tuple[object, object]]) -> str:
    body = "".join(
        f'<tr><td>{html.escape(str(key))}</td><td class="text">{html.escape(str(value))}</td></tr>'
        for key, value in rows
    )
    caption = f"<caption>{html.escape(name)}</caption>" if name else ""
    return f"<table>{caption}{body}</table>"
