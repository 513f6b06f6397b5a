import { expect, test } from "vitest";
import { asProblem, Refused } from "../api/client";
import { AGAIN_MS, askedAgainIn } from "./again";

test("what no answer came to is asked again, and what was refused is not", () => {
  expect(askedAgainIn(null)).toBe(false);
  expect(askedAgainIn(new TypeError("Failed to fetch"))).toBe(AGAIN_MS);
  for (const [status, again] of [[503, AGAIN_MS], [500, AGAIN_MS], [429, AGAIN_MS], [404, false], [403, false], [401, false], [400, false]] as const)
    expect(askedAgainIn(new Refused(asProblem({}, status)))).toBe(again);
});
