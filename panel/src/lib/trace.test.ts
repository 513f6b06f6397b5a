import { expect, test } from "vitest";
import { newTrace, traced } from "./trace";

test("a command has a trace of its own, in the header that the service reads", () => {
  const trace = newTrace();
  expect(trace).toMatch(/^[0-9a-f]{32}$/);
  expect(newTrace()).not.toBe(trace);
  expect(traced(trace).traceparent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
});
