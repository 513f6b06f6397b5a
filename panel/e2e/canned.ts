import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AddressInfo } from "node:net";

// A service in a box that says what a test wants: the built panel over canned answers, for what a real one cannot be brought to.
const FOLDER = "../src/market_maker/panel";
const TYPES: Record<string, string> = { js: "text/javascript", css: "text/css", html: "text/html" };
export const NOW = "2026-11-30T12:00:00.000000Z";
const EARLIER = "2026-11-30T09:00:00.000000Z";

type Answer = { status?: number; body: unknown };
/** What is answered to a method and an address; undefined: the connection is cut. */
type Handler = (asked: IncomingMessage, path: string) => Answer | undefined | Promise<Answer | undefined>;

export const glanceRow = (symbol: string, change: object = {}): object => ({ symbol, state: "ACTIVE", reason: "enabled", by: "ann", since: EARLIER, as_of: NOW, strategy: "glft", venue: "canned", day_net_pnl_usdt: "12.25", drawdown_usdt: "0", book_age_ms: 2.5, config_version: 1, active_members: 1, quoting: true, open_orders: 4, unknown_orders: 0, cancel_unconfirmed: false, last_look: EARLIER, review_needed: false, failure: null, deleted: false, net_position_usdt: "10.25", net_pnl_usdt: "1.50", quoting_bid: true, quoting_ask: true, silent: "", worst_guard: { id: "position", title: "Position limit", used_pct: 3 }, uptime_pct: 98.1, rebalance: "none", ...change });

const side = (price: string) => ({ quoting: true, reason: "quoting", limit: "", price, size: "0.01", live_orders: 2 });

export const poolLive = (symbol: string, change: object = {}): object => ({
  symbol, as_of: NOW, state: "ACTIVE", reason: "enabled", by: "ann", since: EARLIER, shadow_mode: false, config_version: 1, enabled: true, active_members: 1, quoting: true, open_orders: 4, unknown_orders: 0, cancel_unconfirmed: false, last_look: EARLIER,
  review_needed: false, failure: null, day_net_pnl_usdt: "12.25", drawdown_usdt: "0", members: [], bid: side("99.5"), ask: side("100.5"), book: { best_bid: "99", best_bid_size: "1", best_ask: "101", best_ask_size: "1", age_ms: 2, detail: "" }, estimates: { fair: "100", mid: "100", sigma_bps: 50, spread_bps: 10, clamp: "inside" },
  guards: [{ id: "position", title: "Position limit", text: "", name: "position", value: "10", threshold: "1000", headroom: "990", unit: "USDT", action: "" }], rebalance: null, obligation: null, net_position: "0.1", net_position_usdt: "10", pnl: { realised: "1", unrealised: "0.5", fees: "0", funding: "0", net: "1.5" }, orders: [], simulated: [], counters: null, mailbox_depth: 0, turn_ms: 1, records_available: true, deleted: false, ...change,
});

export const instrument = (symbol: string, change: object = {}): object => ({ symbol, tick_size: "0.1", lot_size: "0.001", min_notional: "5", min_size: "0", max_size: "0", max_notional: "0", price_band_up: "0", price_band_down: "0", max_open_orders: 0, maker_fee_bps: "0", quote_currency: "USDT", contract: "linear", venue: "canned", reference_price: "100", has_pool: true, ...change });

export const alert = (id: number, symbol: string | null, change: object = {}): object => ({ id, symbol, kind: "halted", severity: "CRITICAL", state: "OPEN", title: "Pool is halted", text: "market data failure", what_to_do: "Read the reason, review the halt, then resume.", value: null, threshold: null, unit: "", since: EARLIER, cleared_at: null, acknowledged_by: "", acknowledged_at: null, note: "", ...change });

export class Canned {
  private readonly server: Server;
  private readonly streams = new Set<ServerResponse>();
  private readonly handlers = new Map<string, Handler>();
  private ticking: ReturnType<typeof setInterval> | undefined;
  pools: object[] = [glanceRow("BTCUSDT-PERP")];
  full: Record<string, object> = { "BTCUSDT-PERP": poolLive("BTCUSDT-PERP") };
  alerts: object[] = [];
  /** Whether its database answers. */
  records = true;
  /** Whether streams say anything. */
  speaks = true;
  streamsOpened = 0;
  /** Requests that change something. */
  readonly commands: string[] = [];

  constructor() {
    this.server = createServer((asked, answer) => void this.answer(asked, answer));
    this.on("GET", "/health", () => ({ body: { status: "alive", ready: true, dependencies: {}, build: { version: "1", fingerprint: "abc" }, shadow_mode: false, authentication: "off", connected: null } }));
    this.on("GET", "/v1/me", () => ({ body: { subject: "local", roles: ["operator", "risk", "admin", "finance"], token_id: "t", expires_at: null, authentication: "off", may: {}, server_time: NOW } }));
    this.on("GET", "/openapi.json", () => ({ body: { components: { schemas: { PoolBody: { properties: { symbol: { type: "string" }, gamma: { type: "string" } }, required: ["symbol"] } } }, paths: {} } }));
    this.on("GET", "/v1/instruments", () => ({ body: { items: [instrument("BTCUSDT-PERP")] } }));
    this.on("GET", "/v1/pools/BTCUSDT-PERP/status", () => ({ body: this.full["BTCUSDT-PERP"] }));
  }

  on(method: string, path: string, handler: Handler): void {
    this.handlers.set(`${method} ${path}`, handler);
  }

  async start(): Promise<number> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    this.ticking = setInterval(() => { if (this.speaks) for (const stream of this.streams) this.say(stream); }, 200);
    return (this.server.address() as AddressInfo).port;
  }

  /** As a service that is killed: nothing answers any more. */
  stop(): void {
    clearInterval(this.ticking);
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Every stream is cut. */
  cut(): void {
    for (const stream of this.streams) stream.destroy();
  }

  private say(stream: ServerResponse): void {
    const glance = { shadow_mode: false, counts: { ACTIVE: this.pools.length }, open_orders: 4, unknown_orders: 0, net_position_usdt: "1", gross_position_usdt: "1", net_pnl_usdt: "1", day_net_pnl_usdt: "1", as_of: NOW, loop_lag_ms: 1, records_available: this.records, venue: "canned", connected: null, pools: this.pools };
    const event = (kind: string, data: unknown): boolean => stream.write(`event: ${kind}\nid: 1\ndata: ${JSON.stringify(data)}\n\n`);
    event("glance", glance);
    for (const pool of Object.values(this.full)) event("pool", pool);
    event("alerts", { items: this.alerts });
  }

  private async answer(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = (asked.url ?? "/").split("?")[0] ?? "/";
    if (path.startsWith("/market-maker/")) { this.file(path, answer); return; }
    if (asked.method !== "GET") this.commands.push(`${asked.method} ${path}`);
    const found = this.handlers.get(`${asked.method} ${path}`);
    if (path === "/v1/stream" && !found) { this.stream(answer); return; }
    const said = found ? await found(asked, path) : { status: 404, body: { title: "Not found", status: 404, detail: `canned: no ${path}` } };
    if (!said) { asked.destroy(); return; }
    answer.writeHead(said.status ?? 200, { "content-type": "application/json" }).end(JSON.stringify(said.body));
  }

  private stream(answer: ServerResponse): void {
    this.streamsOpened++;
    answer.writeHead(200, { "content-type": "text/event-stream" });
    this.streams.add(answer);
    answer.on("close", () => this.streams.delete(answer));
    if (!this.speaks) return;
    answer.write(`event: hello\ndata: {"server_time":"${NOW}","hz":5,"build":"abc"}\n\n`);
    this.say(answer);
  }

  private file(path: string, answer: ServerResponse): void {
    const name = path.includes("/assets/") ? path.replace("/market-maker/", "") : "index.html";
    const file = join(FOLDER, name);
    if (!existsSync(file)) { answer.writeHead(404).end(); return; }
    answer.writeHead(200, { "content-type": TYPES[name.split(".").at(-1) ?? ""] ?? "text/plain" }).end(readFileSync(file));
  }
}
