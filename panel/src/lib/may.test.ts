import { expect, test } from "vitest";
import { permits, rolesOf } from "./may";

test("roles are those that the description names", () => {
  const description = { components: { schemas: {} }, paths: { "/v1/x": { get: { operationId: "getX", "x-roles": ["viewer"] }, post: { operationId: "makeX" } } } };
  expect([...rolesOf(description)]).toEqual([["getX", ["viewer"]], ["makeX", []]]);
});

test("one role of several is enough, and none is needed where none is named", () => {
  expect(permits(["finance"], ["risk", "finance"])).toBe(true);
  expect(permits(["viewer"], ["risk", "finance"])).toBe(false);
  expect(permits([], [])).toBe(true);
});
