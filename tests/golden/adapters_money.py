"""From a numeric case's inputs to what settlement and scoring say; see math_adapters."""

from decimal import Decimal
from fractions import Fraction

from market_maker.model.exact import CENT, precise, rounded
from market_maker.model.money import MoneyFlow
from market_maker.model.participant import RevenueModel
from market_maker.scoring.q_score import Quoting, Targets, score
from market_maker.settlement.arithmetic import SharingTerms, shares
from tests.reference import published_scores as published
from tests.reference.split import split_cents


def _terms(model, share_pct):
    return SharingTerms(
        revenue_model=RevenueModel(model),
        platform_share_pct=Decimal(share_pct),
        money_flow=MoneyFlow.OWN_ACCOUNTS,
    )


def _shown(parts):
    return {
        "gross": parts.gross,
        "fee_base": parts.base,
        "platform": parts.platform,
        "payout": parts.payout,
        "carry_out": parts.carry_out,
    }


def settlement(i):
    terms = _terms(i["model"], i["share_pct"])
    return _shown(shares(Decimal(i["gross"]), Decimal(i["loss_carried_in"]), terms))


def settlement_hwm(i):
    terms = _terms("PERCENTAGE_SPLIT", i["share_pct"])
    carried, cumulative, high = Decimal(0), Decimal(0), Decimal(0)
    periods, base, total = [], Decimal(0), Decimal(0)
    for gross in map(Decimal, i["gross_sequence"]):
        parts = shares(gross, carried, terms)
        carried, total, base = parts.carry_out, total + parts.platform, base + parts.base
        cumulative += parts.gross
        high = max(high, cumulative)
        periods.append(_shown(parts))
    return {
        "periods": periods,
        "total_platform": total,
        "high_water_mark_equivalent": base == high and carried == high - cumulative,
    }


def split(i):
    weights = {name: Fraction(weight) for name, weight in i["weights"].items()}
    return split_cents(Decimal(i["total"]), weights)


def qscore(i):
    uptime = Decimal(i["uptime"])
    eligible = 10 ** max(0, -uptime.as_tuple().exponent)
    quoting = Quoting(
        eligible=eligible,
        valid=int(uptime * eligible),
        avg_spread_bps=Decimal(i["avg_spread_bps"]) if uptime else None,
        avg_depth_usdt=Decimal(i["avg_depth_usdt"]) if uptime else None,
        volume_usdt=Decimal(i["volume_usdt"]),
    )
    targets = Targets(
        spread_min_bps=Decimal(i["s_min"]),
        spread_max_bps=Decimal(i["s_max"]),
        depth_target_usdt=Decimal(i["d_target"]),
        volume_target_usdt=Decimal(i["v_target"]),
    )
    result = score(quoting, targets)
    with precise():
        ranked = Decimal(i["tier_weight"]) * result.exact
    return {"raw": result.q_score, "ranked": rounded(ranked, CENT)}


def dydx(i):
    orders = [tuple(order) for order in i["orders"]]
    return {"score": published.dydx_side_score(orders, i["mid"], i["min_depth"], i["max_spread"])}


def dydx_final(i):
    q = published.dydx_q_final(i["q_epoch"], i["uptime"], i["maker_volume"], i["d"], i["v"])
    return {"q": q}


def polymarket_s(i):
    return {"S": published.polymarket_order_score(i["v"], i["s"], i["b"])}


def polymarket_qmin(i):
    return {"qmin": published.polymarket_q_min(i["q_one"], i["q_two"], i["mid"], i["c"])}


ADAPTERS = {
    "dydx": dydx,
    "dydx_final": dydx_final,
    "polymarket_qmin": polymarket_qmin,
    "polymarket_s": polymarket_s,
    "qscore": qscore,
    "settlement": settlement,
    "settlement_hwm": settlement_hwm,
    "split_cents": split,
}
