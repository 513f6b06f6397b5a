import { expect, test } from "vitest";
import { curvesOf, type History } from "./history";

const columns = ["ts", "mid", "fair", "bid", "ask", "position", "realised", "net", "net_min", "net_max"];
const history = (rows: unknown[][]): History => ({ symbol: "X", step: "1s", since: "", until: "", columns, rows, marks: [{ ts: "2026-11-28T00:00:01Z", kind: "halt", text: "loss", by: "guard" }] }) as History;

test("the deepest fall is of the lowest net of a step below the highest before it", () => {
  const made = curvesOf(history([[1000, "1", null, null, "2", "0", "0", "5", "5", "9"], [2000, "1", null, null, "2", "0", "0", "4", "1", "6"]]));
  expect([made.deepest, made.deepestAt]).toEqual([-8, 2]);
  expect(made.quotes[0]).toEqual([1, 1, null, null, 2]);
  expect(made.marks[0]).toMatchObject({ kind: "halt", text: "loss" });
});

test("steps that were not seen are a gap", () => {
  const row = (ts: number): unknown[] => [ts, "1", "1", "1", "1", "3", "0", "0", "0", "0"];
  expect(curvesOf(history([row(1000), row(60_000)])).position).toEqual([[1, 3], [1.001, null], [60, 3]]);
});
