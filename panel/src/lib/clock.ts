// The service's time. This machine's clock may be wrong or be set while the page is open: no age and no shown time rests on it alone.

type Known = { service: number; at: number };
let known: Known | null = null;

/** The stream says what time the service has. */
export function heard(moment: string | undefined, at: number = performance.now()): void {
  const service = Date.parse(moment ?? "");
  if (Number.isFinite(service)) known = { service, at };
}

/** Milliseconds since the epoch by the service's clock; by this machine's before the service has said it. */
export const serviceNow = (at: number = performance.now()): number => (known ? known.service + at - known.at : Date.now());

/** Whether the service has said what time it is. */
export const isHeard = (): boolean => known !== null;

/** A moment of this page: of a clock that nobody sets, and of one that goes on while the machine sleeps. */
export type Seen = { steady: number; wall: number };

export const seenNow = (): Seen => ({ steady: performance.now(), wall: Date.now() });

/** Milliseconds from `since` to `now`: the longer of both, so that a clock that was set back, or that slept, makes nothing younger. */
export const between = (since: Seen, now: Seen): number => Math.max(0, now.steady - since.steady, now.wall - since.wall);
