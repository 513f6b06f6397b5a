// What @nktkas/hyperliquid does in one session, unmodified. `node nktkas_session.mjs URL`; prints one
// JSON object of what came back.

import { ExchangeClient, HttpTransport, InfoClient, SubscriptionClient, WebSocketTransport } from "@nktkas/hyperliquid";
import { privateKeyToAccount } from "viem/accounts";
import WebSocket from "ws";

const PATIENCE_MS = 90_000;
const url = process.argv[2];
const wallet = privateKeyToAccount("0x0123456789012345678901234567890123456789012345678901234567890123");
const http = new HttpTransport({ isTestnet: true, apiUrl: url, timeout: PATIENCE_MS });
const socket = new WebSocketTransport({
  isTestnet: true,
  timeout: PATIENCE_MS,
  url: `ws${url.slice(4)}/ws`,
  reconnect: { WebSocket },
});
const info = new InfoClient({ transport: http });
const exchange = new ExchangeClient({ transport: http, wallet });
const overSocket = new ExchangeClient({ transport: socket, wallet });
const streams = new SubscriptionClient({ transport: socket });
const user = wallet.address;
const found = {};

const order = (a, p, s, tif, more = {}) => ({ a, b: true, p: String(p), s, r: false, t: { limit: { tif } }, ...more });
const placed = (orders) => ({ orders, grouping: "na" });
const oidOf = (answer) => answer.response.data.statuses[0].resting.oid;

async function refused(call) {
  try {
    return await call;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

const confirmed = [];

/** The first message of a stream that is wanted; `confirmed` when the venue has the subscription. */
function first(name, subscribe, wanted = () => true) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${name}`)), PATIENCE_MS);
    const subscribed = subscribe((data) => {
      if (!(name in found) && wanted(data)) {
        found[name] = data;
        clearTimeout(timer);
        resolve();
      }
    });
    subscribed.catch(reject);
    confirmed.push(subscribed);
  });
}

const meta = await info.meta();
const dexes = await info.perpDexs();
found.coins = meta.universe.map((asset) => asset.name);
found.dexes = dexes.map((dex) => dex && dex.name);
found.hyna = (await info.meta({ dex: "hyna" })).universe.map((asset) => asset.name);

const waiting = [
  first("stream_book", (listener) => streams.l2Book({ coin: "BTC" }, listener)),
  first("stream_bbo", (listener) => streams.bbo({ coin: "BTC" }, listener)),
  first("stream_mids", (listener) => streams.allMids(listener)),
  first("stream_fills", (listener) => streams.userFills({ user }, listener), (data) => !data.isSnapshot),
  first("stream_orders", (listener) => streams.orderUpdates({ user }, listener)),
  first("stream_events", (listener) => streams.userEvents({ user }, listener), (data) => "fills" in data),
];
await Promise.all(confirmed);

const mids = await info.allMids();
const low = Math.round(Number(mids.BTC) * 0.9);
const high = Math.round(Number(mids.BTC) * 1.02);
// A cloid that is a small number would be asked for as an order id: the client reads it as one.
const cloid = "0x6d6d6b72000000000000000000000001";
found.placed = await exchange.order(placed([order(0, low, "0.001", "Alo")]));
found.modified = await exchange.modify({ oid: oidOf(found.placed), order: order(0, low - 10, "0.002", "Alo") });
found.open = await info.openOrders({ user });
found.cancelled = await exchange.cancel({ cancels: [{ a: 0, o: found.open[0].oid }], f: true });
found.named = await exchange.order(placed([order(0, low, "0.001", "Alo", { c: cloid })]));
found.status = await info.orderStatus({ user, oid: cloid });
found.cancelledNamed = await exchange.cancelByCloid({ cancels: [{ asset: 0, cloid }] });
found.cancelledAgain = await refused(exchange.cancelByCloid({ cancels: [{ asset: 0, cloid }] }));
found.crossing = await refused(exchange.order(placed([order(0, high, "0.001", "Alo")])));
found.market = await exchange.order(placed([order(0, high, "0.001", "Ioc")]));
found.overSocket = await overSocket.order(placed([order(0, low, "0.001", "Alo")]));
found.leverage = await exchange.updateLeverage({ asset: 140000, isCross: false, leverage: 5 });
found.marginEmpty = await refused(exchange.updateIsolatedMargin({ asset: 140000, isBuy: true, ntli: 10_000_000 }));
const hyna = Math.round(Number((await info.allMids({ dex: "hyna" }))["hyna:BTC"]) * 1.02);
found.hip3 = await exchange.order(placed([order(140000, hyna, "0.001", "Ioc")]));
found.margin = await exchange.updateIsolatedMargin({ asset: 140000, isBuy: true, ntli: 10_000_000 });
found.topUp = await exchange.topUpIsolatedOnlyMargin({ asset: 140000, leverage: "2" });
found.reserved = await exchange.reserveRequestWeight({ weight: 100 });
found.scheduled = await exchange.scheduleCancel({ time: Date.now() + 60_000 });
found.state = await info.clearinghouseState({ user, dex: "hyna" });
found.limit = await info.userRateLimit({ user });
found.role = await info.userRole({ user });
found.fills = await info.userFills({ user });
found.caps = await info.perpDexLimits({ dex: "xyz" });
await Promise.all(waiting);
await socket.close();
console.log(JSON.stringify(found));
process.exit(0);
