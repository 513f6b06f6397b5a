// One stream of server-sent events per tab. `fetch` can carry a bearer token in a header, which EventSource cannot.

import { useEffect, useState, useSyncExternalStore } from "react";
import type { Alert, Fill, Glance, PoolBook, PoolLive } from "../api/client";
import { between, heard, seenNow, serviceNow, type Seen } from "./clock";
import { credentials, onHeld } from "./session";
import { EMPTY_TRAIL, extended, type Trail } from "./trail";

export type Connection = "connecting" | "live" | "lost" | "refused";
export type StateMove = { symbol: string; from: string; state: string; reason: string; by: string; ts: string };
/** What the stream has said so far. at: when the last picture came; null before any. why: what keeps it from going on, where the service said it. */
export type Feed = {
  glance: Glance | null;
  pools: Record<string, PoolLive>;
  books: Record<string, PoolBook>;
  moves: StateMove[];
  /** What calls for an operator, newest first; null before the first picture. */
  alerts: Alert[] | null;
  trails: Record<string, Trail>;
  looks: Record<string, Look[]>;
  /** Of the pools that are watched in full, the newest first. */
  fills: Fill[];
  /** The number of the newest record of the audit log that was told. */
  audit: number;
  at: Seen | null;
  connection: Connection;
  why: string;
};

/** What the venue said was open when it was asked. */
export type Look = { at: string; open: number; unknown: number };
const LOOKS_KEPT = 8;

/** The latest looks at the venue, one more where the pool's picture has a new one. */
export const looked = (looks: Look[], { last_look: at, open_orders: open, unknown_orders: unknown }: Pick<PoolLive, "last_look" | "open_orders" | "unknown_orders">): Look[] =>
  !at || looks.at(-1)?.at === at ? looks : [...looks, { at, open, unknown }].slice(-LOOKS_KEPT);

export const STALE_AFTER_MS = 2_000;
const MOVES_KEPT = 200;
const FILLS_KEPT = 50;
const WAIT_MIN_MS = 250;
const WAIT_MAX_MS = 5_000;
/** A stream that says nothing for so long is given up for a new one: of a connection that was cut on the way, the browser hears nothing. */
export const SILENT_MAX_MS = 10_000;

/** The service refuses a stream that asks for more pools in full. */
export const WATCHED_MAX = 50;

/** Of the pools that are asked for, those that a stream may have: the latest. */
export const within = (symbols: Iterable<string>): string => [...symbols].slice(-WATCHED_MAX).join(",");

export class Stream {
  private feed: Feed = { glance: null, pools: {}, books: {}, moves: [], alerts: null, trails: {}, looks: {}, fills: [], audit: 0, at: null, connection: "connecting", why: "" };
  private readonly listeners = new Set<() => void>();
  private readonly watched = { symbols: new Map<string, number>(), books: new Map<string, number>() };
  private stop: AbortController | null = null;
  private lastId = "";
  private due = false;

  constructor() {
    onHeld(() => this.restart());
    // A page that nobody sees is told once a second; one that is seen again must not wait for that.
    globalThis.document?.addEventListener("visibilitychange", () => this.restart());
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1) this.restart();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop?.abort();
    };
  };

  read = (): Feed => this.feed;

  /** Ask for a pool in full, or for its book; the returned function ends that. */
  watch(symbol: string, kind: "symbols" | "books" = "symbols"): () => void {
    const watched = this.watched[kind];
    watched.set(symbol, (watched.get(symbol) ?? 0) + 1);
    if (watched.get(symbol) === 1) this.restartSoon();
    return () => {
      const left = (watched.get(symbol) ?? 1) - 1;
      if (left > 0) watched.set(symbol, left);
      else watched.delete(symbol);
      if (watched.size >= WATCHED_MAX && left <= 0) this.restartSoon(); // one that had no room has it now
    };
  }

  /** One new request for all pools that are asked for in the same moment. */
  private restartSoon(): void {
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => { this.due = false; this.restart(); });
  }

  private restart(): void {
    this.stop?.abort();
    if (this.listeners.size === 0) return;
    this.stop = new AbortController();
    void this.run(this.stop.signal);
  }

  private set(change: Partial<Feed>): void {
    this.feed = { ...this.feed, ...change };
    for (const listener of this.listeners) listener();
  }

  private async run(signal: AbortSignal): Promise<void> {
    for (let wait = WAIT_MIN_MS; !signal.aborted; wait = Math.min(wait * 2, WAIT_MAX_MS)) {
      const silence = new Silence(SILENT_MAX_MS);
      try {
        const answer = await fetch(this.address(), { headers: this.headers(), signal: AbortSignal.any([signal, silence.signal]) });
        if (answer.status === 401 || answer.status === 403) this.set({ connection: "refused" });
        if (!answer.ok) this.set({ why: `the service answered ${answer.status}` });
        if (answer.ok && answer.body) {
          wait = WAIT_MIN_MS;
          await this.listen(answer.body, signal, silence);
        }
      } catch {
        // A broken connection shows as the connection's state; the loop tries again.
      } finally {
        silence.end();
      }
      if (signal.aborted) return;
      if (this.feed.connection !== "refused") this.set({ connection: "lost" });
      await new Promise((done) => setTimeout(done, wait));
    }
  }

  private address(): string {
    const [symbols, books] = [within(this.watched.symbols.keys()), within(this.watched.books.keys())];
    const hz = document.hidden ? 1 : 5;
    const query = new URLSearchParams({ hz: String(hz), ...(symbols ? { symbols } : {}), ...(books ? { books } : {}), ...(this.lastId ? { last_event_id: this.lastId } : {}) });
    return `/v1/stream?${query}`;
  }

  private headers(): HeadersInit {
    return { Accept: "text/event-stream", ...credentials("GET") };
  }

  private async listen(body: ReadableStream<Uint8Array>, signal: AbortSignal, silence: Silence): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const blocks = new Blocks();
    while (!signal.aborted) {
      const { value, done } = await reader.read();
      if (done) return;
      silence.broken();
      for (const block of blocks.push(decoder.decode(value, { stream: true }))) this.take(parsed(block));
    }
  }

  private take({ kind, id, data }: StreamEvent): void {
    if (id) this.lastId = id;
    if (kind === "alive" || kind === "hello") heard((data as { server_time?: string }).server_time);
    const now = { at: seenNow(), connection: "live" as const, why: "" };
    if (kind === "alive" || kind === "hello") this.set(now);
    if (kind === "reset") this.set({ moves: [], fills: [] });
    if (kind === "expired") this.set({ connection: "refused" });
    if (kind === "fill") this.set({ fills: [data as Fill, ...this.feed.fills].slice(0, FILLS_KEPT) });
    if (kind === "audit") this.set({ audit: (data as { seq: number }).seq });
    if (kind === "glance") this.set({ glance: data as Glance, ...now });
    if (kind === "pool") {
      const pool = data as PoolLive;
      const trail = extended(this.feed.trails[pool.symbol] ?? EMPTY_TRAIL, pool, serviceNow() / 1000);
      this.set({
        pools: { ...this.feed.pools, [pool.symbol]: pool },
        trails: { ...this.feed.trails, [pool.symbol]: trail },
        looks: { ...this.feed.looks, [pool.symbol]: looked(this.feed.looks[pool.symbol] ?? [], pool) },
        ...now,
      });
    }
    if (kind === "book") {
      const book = data as PoolBook;
      this.set({ books: { ...this.feed.books, [book.symbol]: book }, ...now });
    }
    if (kind === "alerts") this.set({ alerts: (data as { items: Alert[] }).items, ...now });
    if (kind === "state") this.set({ moves: [data as StateMove, ...this.feed.moves].slice(0, MOVES_KEPT) });
  }
}

/** Ends a request in which nothing comes for `limit` milliseconds. */
export class Silence {
  private readonly gone = new AbortController();
  private timer: ReturnType<typeof setTimeout>;
  readonly signal = this.gone.signal;

  constructor(private readonly limit: number) {
    this.timer = this.begun();
  }

  private begun(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.gone.abort(), this.limit);
  }

  /** Something came. */
  broken(): void {
    clearTimeout(this.timer);
    this.timer = this.begun();
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

/** Cuts a text of events into blocks, wherever the network cut it. */
export class Blocks {
  private rest = "";

  push(text: string): string[] {
    const parts = (this.rest + text).split("\n\n");
    this.rest = parts.pop() ?? "";
    return parts.filter((part) => part !== "");
  }
}

export type StreamEvent = { kind: string; id: string; data: unknown };

/** One event of text/event-stream; a comment has the kind "message" and no data. */
export function parsed(block: string): StreamEvent {
  let kind = "message";
  let id = "";
  let text = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) kind = line.slice(7);
    if (line.startsWith("id: ")) id = line.slice(4);
    if (line.startsWith("data: ")) text += line.slice(6);
  }
  return { kind, id, data: text ? JSON.parse(text) : null };
}

export const stream = new Stream();

export function useFeed(): Feed {
  return useSyncExternalStore(stream.subscribe, stream.read);
}

/** A pool in full, as long as a component shows it; null until the first picture. */
export function usePool(symbol: string): { pool: PoolLive | null; feed: Feed } {
  const feed = useFeed();
  useEffect(() => stream.watch(symbol), [symbol]);
  return { pool: feed.pools[symbol] ?? null, feed };
}

/** The book of a pool's market with own orders, as long as a component shows it; null until the first picture. */
export function useBook(symbol: string): PoolBook | null {
  const feed = useFeed();
  useEffect(() => stream.watch(symbol, "books"), [symbol]);
  return feed.books[symbol] ?? null;
}

/** Several pools in full, as long as a component shows them. */
export function usePools(symbols: readonly string[]): { pools: Record<string, PoolLive>; feed: Feed } {
  const feed = useFeed();
  const names = symbols.join(",");
  useEffect(() => {
    const ends = names ? names.split(",").map((symbol) => stream.watch(symbol)) : [];
    return () => { for (const end of ends) end(); };
  }, [names]);
  return { pools: feed.pools, feed };
}

/** Milliseconds since `at`, read twice a second; infinite before any picture. */
export function useAge(at: Seen | null): number {
  const [now, setNow] = useState(seenNow);
  useEffect(() => {
    const id = setInterval(() => setNow(seenNow()), 500);
    return () => clearInterval(id);
  }, []);
  return at ? between(at, now) : Number.POSITIVE_INFINITY;
}

/** Whether the picture is too old to be shown as live. */
export function useStale(feed: Feed): boolean {
  return useAge(feed.at) > STALE_AFTER_MS || feed.connection !== "live";
}
