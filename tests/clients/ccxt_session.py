"""What ccxt.pro does in one session, unmodified, in sandbox mode. Run in the clients' environment:
`python ccxt_session.py URL`; prints one JSON object of what came back."""

import asyncio
import json
import sys
import time
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader

PACKAGES = ("ccxt", "ccxt.async_support", "ccxt.pro")
USED = ("abstract", "async_support", "base", "hyperliquid", "pro", "static_dependencies")


class OtherExchanges(MetaPathFinder, Loader):
    """Names without code for the hundred exchanges that `import ccxt` imports besides: Python would
    compile them for half a minute, and none is used."""

    def find_spec(self, name, _path, _target=None) -> ModuleSpec | None:
        package, _, exchange = name.rpartition(".")
        if package in PACKAGES and exchange not in USED:
            return spec_from_loader(name, self)
        return None

    def exec_module(self, module) -> None:
        exchange = module.__name__.rpartition(".")[2]
        setattr(module, exchange, type(exchange, (), {}))


sys.meta_path.insert(0, OtherExchanges())
import ccxt  # noqa: E402  after that
import ccxt.pro  # noqa: E402  after that

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325"
BTC, HIP3 = "BTC/USDC:USDC", "XYZ-TSLA/USDC:USDC"
SECONDS = 90


def client(url):
    """Pointed at loopback, as its users point it at the test network."""
    exchange = ccxt.pro.hyperliquid({"walletAddress": ADDRESS, "privateKey": KEY})
    exchange.set_sandbox_mode(True)
    exchange.timeout = SECONDS * 1_000
    exchange.urls["api"]["public"] = exchange.urls["api"]["private"] = url
    exchange.urls["api"]["ws"]["public"] = "ws" + url.removeprefix("http") + "/ws"
    return exchange


async def refused(call):
    """The text of the error that a call ends in."""
    try:
        return str(await call)
    except ccxt.BaseError as error:
        return f"{type(error).__name__}: {error}"


async def trade(exchange, found):
    """Place, modify and cancel over HTTP."""
    low = round((await exchange.fetch_ticker(BTC))["bid"] * 0.9)
    post_only = {"timeInForce": "Alo"}
    placed = await exchange.create_order(BTC, "limit", "buy", 0.001, low, post_only)
    found["placed"] = placed
    found["edited"] = await exchange.edit_order(
        placed["id"], BTC, "limit", "buy", 0.002, low - 10, post_only
    )
    found["open"] = await exchange.fetch_open_orders(BTC)
    found["cancelled"] = await exchange.cancel_order(found["open"][0]["id"], BTC)
    named = {**post_only, "clientOrderId": "0x000000000000000000000000000000cd"}
    found["named"] = await exchange.create_order(BTC, "limit", "buy", 0.001, low, named)
    found["cancelled_named"] = await exchange.cancel_order(
        "", BTC, {"clientOrderId": named["clientOrderId"]}
    )
    found["crossing"] = await refused(
        exchange.create_order(BTC, "limit", "buy", 0.001, round(low * 1.2), post_only)
    )
    found["small"] = await refused(
        exchange.create_order(BTC, "limit", "buy", 0.00002, low, post_only)
    )
    price = (await exchange.fetch_ticker(BTC))["ask"]
    found["market"] = await exchange.create_order(BTC, "market", "buy", 0.001, price)


async def settle(exchange, found):
    """Leverage, a builder's dex, isolated margin, schedule, positions."""
    found["leverage"] = await exchange.set_leverage(7, BTC)
    found["hip3_leverage"] = await exchange.set_margin_mode("isolated", HIP3, {"leverage": 5})
    ask = (await exchange.fetch_order_book(HIP3))["asks"][0][0]
    ioc = {"timeInForce": "Ioc"}
    found["hip3"] = await exchange.create_order(HIP3, "limit", "buy", 1, ask, ioc)
    found["margin"] = await exchange.add_margin(HIP3, 50)
    found["positions"] = await exchange.fetch_positions([BTC])
    found["balance"] = await exchange.fetch_balance()
    at = int(time.time() * 1000) + 60_000
    found["schedule"] = await exchange.cancel_all_orders_after(60_000)
    found["scheduled_for"] = at
    found["trades"] = await exchange.fetch_my_trades(BTC)


async def watch(exchange, found):
    """Streams, and an order over the socket."""

    async def first(name, call):
        found[name] = await asyncio.wait_for(call, SECONDS)

    async with asyncio.TaskGroup() as tasks:
        orders = tasks.create_task(first("stream_orders", exchange.watch_orders(BTC)))
        mine = tasks.create_task(first("stream_trades_mine", exchange.watch_my_trades(BTC)))
        await first("stream_book", exchange.watch_order_book(BTC))
        await first("stream_trades", exchange.watch_trades(BTC))
        await first("stream_ticker", exchange.watch_ticker(BTC))
        await first("stream_candle", exchange.watch_ohlcv(BTC, "1m"))
        price = round((await exchange.fetch_ticker(BTC))["ask"] * 1.01)
        found["ws_placed"] = await exchange.create_order_ws(
            BTC, "limit", "buy", 0.001, price, {"timeInForce": "Ioc"}
        )
        await orders
        await mine


async def main(url):
    """One session."""
    exchange = client(url)
    found = {}
    try:
        markets = await exchange.load_markets()
        found["markets"] = {name: one["baseId"] for name, one in markets.items()}
        await trade(exchange, found)
        await settle(exchange, found)
        await watch(exchange, found)
    finally:
        await exchange.close()
    print(json.dumps(found, default=str))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
