import { afterEach, expect, test, vi } from "vitest";
import { inLanes } from "./lanes";

afterEach(() => { vi.useRealTimers(); });

test("many are done in their order, three at a time and fifteen a second", async () => {
  vi.useFakeTimers();
  const begun: number[] = [];
  let now = 0, most = 0;
  const all = Array.from({ length: 300 }, (_, i) => i);
  const done = inLanes(all, async (each) => {
    begun.push(each);
    most = Math.max(most, ++now);
    await Promise.resolve();
    now--;
  });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(begun.length).toBeGreaterThanOrEqual(15);
  expect(begun.length).toBeLessThanOrEqual(18);
  await vi.advanceTimersByTimeAsync(20_000);
  await done;
  expect(begun).toEqual(all);
  expect(most).toBe(3);
});

test("one that does not answer holds up no other", async () => {
  const done: number[] = [];
  void inLanes([0, 1, 2, 3], (each) => (each === 0 ? new Promise<void>(() => {}) : Promise.resolve(void done.push(each))));
  await vi.waitFor(() => expect(done).toEqual([1, 2, 3]));
});
