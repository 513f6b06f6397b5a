import { afterEach, expect, test, vi } from "vitest";
import { Blocks, looked, parsed, Silence, SILENT_MAX_MS, WATCHED_MAX, within } from "./stream";

afterEach(() => { vi.useRealTimers(); });

test("an event has its kind, id and data", () => {
  expect(parsed('event: pool\nid: 7\ndata: {"a":1}')).toEqual({ kind: "pool", id: "7", data: { a: 1 } });
});

test("a comment line carries nothing", () => expect(parsed(": alive")).toEqual({ kind: "message", id: "", data: null }));

test("events are found wherever the network cuts the text", () => {
  const text = 'event: a\ndata: {"n":1}\n\nevent: b\ndata: {"n":2}\n\n';
  for (let cut = 0; cut <= text.length; cut++) {
    const blocks = new Blocks();
    const found = [...blocks.push(text.slice(0, cut)), ...blocks.push(text.slice(cut))];
    expect(found.map((block) => parsed(block).kind)).toEqual(["a", "b"]);
  }
});

test("each look at the venue is kept once, the latest of them", () => {
  const at = (second: number) => ({ last_look: `2026-11-29T00:00:0${second}Z`, open_orders: 9 - second, unknown_orders: 0 });
  const looks = [1, 1, 2, 2, 2, 3].reduce((all: ReturnType<typeof looked>, second) => looked(all, at(second)), []);
  expect(looks.map((each) => each.open)).toEqual([8, 7, 6]);
  expect(looked(looks, { last_look: null, open_orders: 0, unknown_orders: 0 })).toBe(looks);
});

test("a stream that says nothing for ten seconds is given up, and one that speaks is not", () => {
  vi.useFakeTimers();
  const silence = new Silence(SILENT_MAX_MS);
  for (let second = 0; second < 30; second++) { vi.advanceTimersByTime(SILENT_MAX_MS - 1); silence.broken(); }
  expect(silence.signal.aborted).toBe(false);
  vi.advanceTimersByTime(SILENT_MAX_MS);
  expect(silence.signal.aborted).toBe(true);
});

test("a stream asks for no more pools in full than the service sends, and for the latest of them", () => {
  const many = Array.from({ length: 300 }, (_, i) => `P${i}`);
  expect(within(many).split(",")).toEqual(many.slice(300 - WATCHED_MAX));
  expect(within(["A", "B"])).toBe("A,B");
});
