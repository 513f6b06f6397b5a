// Commands to many pools: a few at a time, so that a click on another stop finds a connection and is within the pace of its caller.

/** A browser opens six connections to a service; one carries the stream. */
const LANES = 3;
/** The service takes twenty stops a second of one caller. */
const PER_SECOND = 15;
const EVERY_MS = (1_000 * LANES) / PER_SECOND;

const later = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Does the work for each, in their order; what fails is the work's own matter. */
export async function inLanes<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  const waiting = all.values();
  const lane = async (): Promise<void> => {
    for (const each of waiting) await Promise.all([work(each), later(EVERY_MS)]);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
