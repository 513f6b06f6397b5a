"""What hyperliquid-python-sdk does in one session, unmodified. Run in the clients' environment:
`python sdk_session.py URL`; prints one JSON object of what came back."""

import json
import queue
import sys
import time

from eth_account import Account
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hyperliquid.utils.types import Cloid

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
SECONDS = 90
SCHEDULED_MS = 10_000
"""The venue wants 5 s at least, when the request arrives."""


def listen(info, subscription):
    """Subscribe; returns the queue of what arrives."""
    arrived = queue.Queue()
    info.subscribe(subscription, arrived.put)
    return arrived


def wait(arrived, wanted):
    """The first message that is wanted."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        message = arrived.get(timeout=SECONDS)
        if wanted(message):
            return message
    raise TimeoutError


def trade(exchange, found, mid):
    """Place, modify and cancel."""
    low, cloid = float(round(mid * 0.9)), Cloid.from_int(0xABC)
    alo = {"limit": {"tif": "Alo"}}
    found["alo"] = exchange.order("BTC", True, 0.001, low, alo)
    oid = found["alo"]["response"]["data"]["statuses"][0]["resting"]["oid"]
    found["modify"] = exchange.modify_order(oid, "BTC", True, 0.002, low - 10, alo)
    found["modify_again"] = exchange.modify_order(oid, "BTC", True, 0.002, low - 10, alo)
    oid = found["modify"]["response"]["data"]["statuses"][0]["resting"]["oid"]
    found["cancel"] = exchange.cancel("BTC", oid)
    found["cancel_again"] = exchange.cancel("BTC", oid)
    found["named"] = exchange.order("BTC", True, 0.001, low, alo, cloid=cloid)
    found["status"] = exchange.info.query_order_by_cloid(exchange.wallet.address, cloid)
    found["cancel_named"] = exchange.cancel_by_cloid("BTC", cloid)
    found["market"] = exchange.market_open("BTC", True, 0.002)
    found["crossing_alo"] = exchange.order("BTC", True, 0.001, float(round(mid * 1.02)), alo)
    found["small"] = exchange.order("BTC", True, 0.00001, low, alo)
    found["off_tick"] = exchange.order("ETH", True, 1.0, 3000.123, alo)
    found["bulk"] = exchange.bulk_orders(
        [
            {
                "coin": "ETH",
                "is_buy": True,
                "sz": 0.01,
                "limit_px": price,
                "order_type": alo,
                "reduce_only": False,
            }
            for price in (3000.0, 3000.1)
        ]
    )


def settle(exchange, found):
    """Leverage, isolated margin, schedule, close."""
    found["leverage"] = exchange.update_leverage(10, "hyna:BTC", is_cross=False)
    found["cross_refused"] = exchange.update_leverage(10, "hyna:BTC", is_cross=True)
    found["margin_empty"] = exchange.update_isolated_margin(100.0, "hyna:BTC")
    price = float(exchange.info.all_mids("hyna")["hyna:BTC"])
    found["hip3"] = exchange.order(
        "hyna:BTC", True, 0.002, float(round(price * 1.01)), {"limit": {"tif": "Ioc"}}
    )
    found["margin"] = exchange.update_isolated_margin(100.0, "hyna:BTC")
    found["hip3_state"] = exchange.info.user_state(exchange.wallet.address, "hyna")
    found["schedule"] = exchange.schedule_cancel(int(time.time() * 1000) + SCHEDULED_MS)
    found["open_before"] = exchange.info.open_orders(exchange.wallet.address)
    found["close"] = exchange.market_close("BTC")


STREAMS = {
    "book": {"type": "l2Book", "coin": "BTC"},
    "bbo": {"type": "bbo", "coin": "hyna:BTC"},
    "trades": {"type": "trades", "coin": "BTC"},
    "mids": {"type": "allMids"},
    "ctx": {"type": "activeAssetCtx", "coin": "BTC"},
    "fills": {"type": "userFills"},
    "updates": {"type": "orderUpdates"},
    "events": {"type": "userEvents"},
}


def is_scheduled(message):
    """Whether it reports a scheduled cancel."""
    return any(one["status"] == "scheduledCancel" for one in message["data"])


def ask(info, user):
    """Questions about the account when all is done."""
    return {
        "open_after": info.open_orders(user),
        "fills": info.user_fills(user),
        "state": info.user_state(user),
        "candles": info.candles_snapshot("BTC", "1m", 0, int(time.time() * 1000)),
        "fees": info.user_fees(user),
        "history": info.historical_orders(user),
    }


def main(url):
    """One session."""
    wallet = Account.from_key(KEY)
    dexes = ["", "hyna"]
    info = Info(url, perp_dexs=dexes)
    exchange = Exchange(wallet, url, perp_dexs=dexes)
    user = wallet.address
    found = {"meta": info.meta(), "assets": info.coin_to_asset}
    private = ("fills", "updates", "events")
    streams = {
        name: listen(info, {**terms, "user": user} if name in private else terms)
        for name, terms in STREAMS.items()
    }
    fills, updates = streams.pop("fills"), streams.pop("updates")
    found["stream_book"] = wait(streams.pop("book"), lambda m: m["data"]["levels"][0])
    found["stream_snapshot"] = wait(fills, lambda m: m["data"].get("isSnapshot"))
    trade(exchange, found, float(info.all_mids()["BTC"]))
    settle(exchange, found)
    found["stream_fill"] = wait(fills, lambda m: not m["data"].get("isSnapshot"))
    found["stream_update"] = wait(updates, lambda m: m["data"])
    found["stream_scheduled"] = wait(updates, is_scheduled)
    found["stream_event"] = wait(streams.pop("events"), lambda m: "nonUserCancel" in m["data"])
    for name, arrived in streams.items():
        found[f"stream_{name}"] = wait(arrived, lambda m: m["data"])
    found |= ask(info, user)
    found["stranger"] = Exchange(Account.create(), url).cancel("BTC", 1)
    info.disconnect_websocket()
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
