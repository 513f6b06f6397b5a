import { createServer, type Server, type ServerResponse } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { expect, test, type Page } from "@playwright/test";

// What a page costs the browser, on canned pictures: 300 pools at 5 Hz against one in the same run, and the heap over a while.
const FOLDER = "../src/market_maker/panel";
const HZ = 5;
const SECONDS = Number(process.env.PANEL_BUDGET_SECONDS ?? 3);
/** `bench panel` holds the budgets. A test beside other tests says only that nothing is kept: a picture that is would make the heap several times as large. */
const HOLDS = process.env.PANEL_BUDGET_HOLDS === "true";
const HEAP_RATIO = HOLDS ? 1.1 : 2;
/** Of an hour's pictures, sent as fast as the page takes them: a tenth, or as many minutes as are asked for. */
const MINUTES = Number(process.env.PANEL_BUDGET_MINUTES ?? 6);
const COUNTED = MINUTES * 60 * HZ;
const WARMING = COUNTED / 4;
const TYPES: Record<string, string> = { js: "text/javascript", css: "text/css", html: "text/html" };

const row = (i: number, turn: number) => ({ symbol: `P${String(i).padStart(3, "0")}USDT-PERP`, state: "ACTIVE", reason: "quoting", by: "e2e", since: null, as_of: "2026-11-29T00:00:00Z", strategy: "glft", venue: "sandbox", day_net_pnl_usdt: `${turn}.25`, drawdown_usdt: "0", book_age_ms: 2.5, config_version: 1, active_members: 3, quoting: true, open_orders: (i + turn) % 20, unknown_orders: 0, cancel_unconfirmed: false, last_look: "2026-11-29T00:00:00Z", review_needed: false, failure: null, deleted: false, net_position_usdt: `${i * 10 + turn}.25`, net_pnl_usdt: `${turn - i}.50`, quoting_bid: true, quoting_ask: (i + turn) % 7 > 0, silent: (i + turn) % 7 ? "" : "ask: position limit", worst_guard: { id: "position", title: "Position limit", used_pct: (i * 3 + turn) % 100 }, uptime_pct: 98.1, rebalance: "none" });
const glance = (pools: number, turn: number) => ({ shadow_mode: false, counts: { ACTIVE: pools }, open_orders: 10, unknown_orders: 0, net_position_usdt: "1", gross_position_usdt: "1", net_pnl_usdt: String(turn), day_net_pnl_usdt: String(turn), as_of: "2026-11-29T00:00:00Z", loop_lag_ms: 1, records_available: true, venue: "canned", connected: null, pools: Array.from({ length: pools }, (_, i) => row(i, turn)) });

/** Opened by the test between warming up and the pictures that count. */
const gate = { open: (): void => {}, opened: Promise.resolve() };

/** Pictures as fast as the page takes them, and a move for each second of them. The total of orders says how far it is. */
async function flood(answer: ServerResponse, pools: number): Promise<void> {
  const send = async (turn: number, orders: number): Promise<void> => {
    const move = turn % HZ ? "" : `event: state\nid: ${turn}\ndata: {"symbol":"P000USDT-PERP","state":"ACTIVE","reason":"turn ${turn}","by":"e2e","ts":"2026-11-29T00:00:00Z"}\n\n`;
    const taken = answer.write(`${move}event: glance\nid: ${turn}\ndata: ${JSON.stringify({ ...glance(pools, turn), open_orders: orders })}\n\n`);
    if (!taken) await new Promise((done) => answer.once("drain", done));
    if (turn % 50 === 0) await new Promise((done) => setTimeout(done, 1)); // the page draws between
  };
  for (let turn = 0; turn < WARMING; turn++) await send(turn, 10);
  await send(WARMING, WARMING);
  await gate.opened;
  for (let turn = WARMING; turn < WARMING + COUNTED; turn++) await send(turn, 10);
  await send(WARMING + COUNTED, COUNTED);
}

/** The built panel over a stream of so many pools. */
async function serving(pools: number, fast = false): Promise<Server> {
  const server = createServer((asked, answer) => {
    const path = (asked.url ?? "/").split("?")[0] ?? "/";
    if (path === "/v1/stream") {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      if (fast) { void flood(answer, pools); return; }
      let turn = 0;
      const id = setInterval(() => answer.write(`event: glance\nid: ${turn}\ndata: ${JSON.stringify(glance(pools, turn++))}\n\n`), 1_000 / HZ);
      asked.on("close", () => clearInterval(id));
    } else if (path.startsWith("/market-maker/")) {
      const name = path.includes("/assets/") ? path.replace("/market-maker/", "") : "index.html";
      answer.writeHead(200, { "content-type": TYPES[name.split(".").at(-1) ?? ""] ?? "text/plain" }).end(readFileSync(join(FOLDER, name)));
    } else {
      answer.writeHead(404, { "content-type": "application/json" }).end('{"detail":"canned","status":404}');
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}

async function open(page: Page, server: Server, pools: number): Promise<void> {
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/market-maker/pools`);
  await expect(page.getByRole("region", { name: "Pools" }).getByRole("table")).toHaveAttribute("aria-rowcount", String(pools + 1), { timeout: 30_000 });
}

/** The 95th percentile of the time between frames, ms. */
const frames = (page: Page): Promise<number> => page.evaluate((seconds) => new Promise<number>((done) => {
  const gaps: number[] = [];
  let last = performance.now();
  const end = last + seconds * 1_000;
  const step = (now: number): void => {
    gaps.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(step);
    else done(gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length * 0.95)]!);
  };
  requestAnimationFrame(step);
}), SECONDS);

/** Bytes that live in the page after a collection. */
async function heap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}

test("300 pools at 5 Hz are drawn beside one, and nothing of them is kept", async ({ page }) => {
  test.setTimeout(120_000 + SECONDS * 8_000);
  const [one, many] = [await serving(1), await serving(300)];
  try {
    let single = 0, full = 0;
    if (HOLDS) {
      await open(page, one, 1);
      single = await frames(page);
    }
    await open(page, many, 300);
    if (HOLDS) full = await frames(page);
    await page.waitForTimeout(SECONDS * 1_000); // compiled code and caches have their size
    const before = await heap(page);
    await page.waitForTimeout(SECONDS * 2_000);
    const after = await heap(page);
    const drawn = HOLDS ? `p95 frame: one pool ${single.toFixed(1)} ms, 300 pools ${full.toFixed(1)} ms, ratio ${(full / single).toFixed(2)}; ` : "";
    console.log(`${drawn}heap ${(before / 1e6).toFixed(1)} -> ${(after / 1e6).toFixed(1)} MB in ${SECONDS * 2} s`);
    expect(after / before).toBeLessThanOrEqual(HEAP_RATIO);
    if (HOLDS) expect(full / single).toBeLessThanOrEqual(1.5);
  } finally {
    for (const server of [one, many]) { server.closeAllConnections(); server.close(); }
  }
});

test("nothing is kept of the pictures of a long stream", async ({ page }) => {
  test.setTimeout(120_000 + MINUTES * 60_000);
  gate.opened = new Promise((done) => { gate.open = done; });
  const server = await serving(30, true);
  const began = Date.now();
  try {
    await open(page, server, 30);
    await expect(page.getByText(`orders ${WARMING},`)).toBeVisible({ timeout: 60_000 + MINUTES * 15_000 }); // code is compiled, what is kept has its size
    const before = await heap(page);
    gate.open();
    await expect(page.getByText(`orders ${COUNTED},`)).toBeVisible({ timeout: 60_000 + MINUTES * 45_000 });
    const after = await heap(page);
    console.log(`heap ${(before / 1e6).toFixed(2)} -> ${(after / 1e6).toFixed(2)} MB over ${COUNTED} pictures of 30 pools and ${COUNTED / HZ} moves, ${MINUTES} minutes at ${HZ} Hz, in ${Math.round((Date.now() - began) / 1e3)} s`);
    expect(after / before).toBeLessThanOrEqual(HEAP_RATIO);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
