// A read that got no answer is asked again until there is one; what the service refused stays refused.

import { Refused } from "../api/client";

export const AGAIN_MS = 5_000;
const SERVER_ERROR = 500;
const TOO_MANY = 429;

/** In how many milliseconds a read that ended in `error` is asked again; false where it is not. */
export function askedAgainIn(error: unknown): number | false {
  if (!error) return false;
  if (!(error instanceof Refused)) return AGAIN_MS;
  const { status } = error.problem;
  return status >= SERVER_ERROR || status === TOO_MANY ? AGAIN_MS : false;
}
