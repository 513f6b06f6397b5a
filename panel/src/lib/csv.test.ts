import { expect, test } from "vitest";
import { csvLine, plainCell } from "./csv";

test("a cell with a comma or a quote is quoted", () => expect(csvLine(["a", 'b "c"', "d,e"])).toBe('a,"b ""c""","d,e"'));

test("numbers lose their thin spaces and keep a plain minus; unknown is empty", () => {
  expect(plainCell("\u22121\u202f204.10")).toBe("-1204.10");
  expect(plainCell("–")).toBe("");
});

test("a text that a spreadsheet would run as a formula is a text", () => expect(plainCell("=HYPERLINK(1)")).toBe("'=HYPERLINK(1)"));
