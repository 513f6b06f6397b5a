import { afterEach, expect, test, vi } from "vitest";
import { credentials, held, resume, signIn, signOut } from "./session";

const SESSION = { csrf_token: "second", expires_at: "2026-11-29T09:00:00Z" };
type Call = { method: string; headers: Record<string, string> };

function service(answers: { opens: number; finds: number }): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (_: string, init: { method?: string; headers?: Record<string, string> } = {}) => {
    calls.push({ method: init.method ?? "GET", headers: init.headers ?? {} });
    const status = init.method === "POST" ? answers.opens : init.method === "DELETE" ? 200 : answers.finds;
    return new Response(JSON.stringify(SESSION), { status });
  });
  return calls;
}

afterEach(async () => { await signOut(); vi.unstubAllGlobals(); });

test("a token becomes a session: afterwards only the second secret is held, and only changes carry it", async () => {
  service({ opens: 201, finds: 200 });
  await signIn(" eyJ ");
  expect(held()).toEqual({ bearer: null, csrf: "second", endsAt: SESSION.expires_at });
  expect(credentials("GET")).toEqual({});
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) expect(credentials(method)).toEqual({ "X-CSRF-Token": "second" });
});

test("a browser that keeps no cookie leaves the token in memory", async () => {
  service({ opens: 201, finds: 401 });
  await signIn("eyJ");
  expect(credentials("GET")).toEqual({ Authorization: "Bearer eyJ" });
});

test("a reloaded page goes on with its session, and signing out ends it at the service", async () => {
  const calls = service({ opens: 201, finds: 200 });
  await resume();
  expect(held().csrf).toBe("second");
  await signOut();
  expect(calls.at(-1)).toEqual({ method: "DELETE", headers: { "X-CSRF-Token": "second" } });
  expect(credentials("POST")).toEqual({});
});
