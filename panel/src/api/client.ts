import createClient from "openapi-fetch";
import { credentials } from "../lib/session";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Glance = Schemas["Glance"];
export type PoolGlance = Schemas["PoolGlance"];
export type PoolBook = Schemas["PoolBook"];
export type PoolLive = Schemas["PoolLive"];
export type Pool = Schemas["Pool"];
export type Participant = Schemas["Participant"];
export type Settlement = Schemas["Settlement"];
export type Alert = Schemas["Alert"];
export type Fill = Schemas["Fill"];
export type Problem = Schemas["Problem"];

/** Requests go to the origin that served the page, with what stands for the caller. */
export const api = createClient<paths, "application/json">({ baseUrl: "/" });
api.use({
  onRequest({ request }) {
    for (const [name, value] of Object.entries(credentials(request.method))) request.headers.set(name, value);
    return request.method === "GET" ? new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(READ_MAX_MS)]) }) : request;
  },
});

/** A read without an answer for so long is given up, and asked again: of a connection that was cut on the way, the browser hears nothing. A command is waited for. */
const READ_MAX_MS = 60_000;

/** A refusal as the service words it (RFC 9457). */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** The data of an answer; throws what the service refused. */
export async function answered<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call.catch((lost: unknown) => { throw worded(lost); });
  if (error !== undefined) throw new Refused(asProblem(error, response.status));
  return data as T;
}

/** Why there is no answer at all, in words that a person can act on. */
export function worded(lost: unknown): Error {
  if (lost instanceof DOMException && lost.name === "TimeoutError") return new Error(`no answer within ${READ_MAX_MS / 1_000} s`, { cause: lost });
  if (lost instanceof TypeError) return new Error("the service cannot be reached", { cause: lost });
  return lost instanceof Error ? lost : new Error(String(lost));
}

export function asProblem(error: unknown, status: number): Problem {
  if (typeof error === "object" && error !== null && "detail" in error) return error as Problem;
  return { type: "about:blank", title: "No readable answer", status, detail: `the service answered ${status}` } as Problem;
}
