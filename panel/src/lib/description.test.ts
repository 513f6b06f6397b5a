import { expect, test } from "vitest";
import { rulesOf, sent, type Description } from "./description";

const description: Description = {
  components: { schemas: {
    Mode: { enum: ["a", "b"], type: "string" },
    Body: { required: ["gamma"], properties: {
      gamma: { anyOf: [{ type: "number", exclusiveMinimum: 0, maximum: 100 }, { type: "string" }] },
      mode: { $ref: "#/components/schemas/Mode", default: "a" },
      on: { type: "boolean", default: false },
      extra: { anyOf: [{ type: "object" }, { type: "null" }] },
    } },
  } },
};

test("a field has its kind, bounds and help from the description", () => {
  expect(rulesOf(description, "Body").map(({ name, kind, help, required }) => [name, kind, help, required])).toEqual([
    ["gamma", "number", "above 0, at most 100", true],
    ["mode", "choice", "", false], ["on", "boolean", "", false], ["extra", "object", "", false],
  ]);
});

test("decimals are sent as typed, whole numbers as numbers", () => {
  expect(sent("number", "0.05")).toBe("0.05");
  expect(sent("number", "12")).toBe(12);
  expect(sent("boolean", "true")).toBe(true);
  expect(sent("object", "{bad")).toBe("{bad");
});
