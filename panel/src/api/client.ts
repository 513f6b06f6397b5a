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
    return request;
  },
});

/** A refusal as the service words it (RFC 9457). */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** The data of an answer; throws what the service refused. */
export async function answered<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (error !== undefined) throw new Refused(asProblem(error, response.status));
  return data as T;
}

export function asProblem(error: unknown, status: number): Problem {
  if (typeof error === "object" && error !== null && "detail" in error) return error as Problem;
  return { type: "about:blank", title: "No readable answer", status, detail: `the service answered ${status}` } as Problem;
}

/** A key that makes a creating request happen once, however often it is sent. */
export const newKey = (): string => crypto.randomUUID();
