import { expect, test } from "vitest";
import { hiddenIn, toggled } from "./columns";

const ALL = ["symbol", "state", "venue"];

test("a column is hidden and shown again", () => {
  const hidden = toggled(hiddenIn(null), "venue", ALL);
  expect(hidden).toBe("venue");
  expect(toggled(hiddenIn(hidden), "venue", ALL)).toBe("");
});

test("the last column stays", () => {
  expect(toggled(hiddenIn("symbol,state"), "venue", ALL)).toBe("symbol,state");
});
