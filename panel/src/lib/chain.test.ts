import { expect, test } from "vitest";
import { chainOf } from "./chain";

const entry = (seq: number, prev_hash = `h${seq - 1}`) => ({ seq, hash: `h${seq}`, prev_hash });

test("entries that hold the hash of the one before are a chain, in whatever order they are shown", () => {
  expect(chainOf([entry(3), entry(1), entry(2)])).toEqual({ checked: 2, broken: [] });
});

test("an entry that holds another hash breaks it where it stands", () => {
  expect(chainOf([entry(1), entry(2, "other"), entry(3)])).toEqual({ checked: 2, broken: [2] });
});

test("a hole of a filtered list is compared with nothing", () => {
  expect(chainOf([entry(1), entry(5)])).toEqual({ checked: 0, broken: [] });
});
