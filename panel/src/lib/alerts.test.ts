import { expect, test } from "vitest";
import type { Alert } from "../api/client";
import { inShort, matters, said } from "./alerts";

const alert = (change: Partial<Alert>): Alert => ({ id: 1, symbol: "BTCUSDT-PERP", kind: "halted", severity: "CRITICAL", state: "OPEN", title: "Pool is halted", text: "market data failure", what_to_do: "Review it.", value: null, threshold: null, unit: "", since: "2026-11-30T19:33:08Z", cleared_at: null, acknowledged_by: "", acknowledged_at: null, note: "", ...change });

test("300 pools that are halted are one matter, after the service's own, and before what only warns", () => {
  const halted = Array.from({ length: 300 }, (_, i) => alert({ id: i, symbol: `P${String(i).padStart(3, "0")}`, since: `2026-11-30T19:33:${String(59 - (i % 60)).padStart(2, "0")}Z` }));
  const unknown = alert({ severity: "WARNING", title: "Orders are unknown", since: "2026-11-30T19:32:39Z" });
  const venue = alert({ symbol: null, title: "A dependency is down", text: "venue: no answer", since: "2026-11-30T19:40:00Z" });
  const found = matters([unknown, ...halted, venue, { ...venue, text: "worker 1: venue: no answer" }]);
  expect(found.map(inShort)).toEqual(["A dependency is down", "Pool is halted (300 pools)", "Orders are unknown (BTCUSDT-PERP)"]);
  expect(found[0]!.alerts).toHaveLength(2);
  expect(found[1]!.since).toBe("2026-11-30T19:33:00Z");
  expect(found[1]!.alerts[0]!.symbol).toBe("P000");
});

test("a count has no limit of nothing, and a sentence ends before the next begins", () => {
  expect(said(alert({ text: "orders whose state the venue has not said", value: "18", threshold: "0", unit: "orders" }))).toBe("orders whose state the venue has not said. Now 18 orders.");
  expect(said(alert({ text: "Position. Halt.", value: "900", threshold: "1000", unit: "USDT" }))).toBe("Position. Halt. Now 900 USDT, the limit is 1\u202f000.");
  expect(said(alert({}))).toBe("market data failure.");
});
