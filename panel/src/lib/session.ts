// Who this page is to the service. A token that is typed in is shown to the service once, which answers with a cookie that no script
// can read; from then on the page holds only the second secret of the session, in memory. A browser that keeps no such cookie (plain
// http on another host) leaves the token in memory: a reload asks for it again. No storage and no address holds either.

/** What stands for the caller. bearer: only where the browser kept no cookie. csrf: goes with whatever changes something. */
export type Held = { bearer: string | null; csrf: string | null; endsAt: string | null };

const NONE: Held = { bearer: null, csrf: null, endsAt: null };
const SAFE = new Set(["GET", "HEAD"]);
let now: Held = NONE;
const listeners = new Set<() => void>();

export const held = (): Held => now;
export const signedIn = (of: Held): boolean => of.bearer !== null || of.csrf !== null;

function hold(value: Held): void {
  now = value;
  for (const listener of listeners) listener();
}

export function onHeld(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The headers that a request of this page carries. */
export function credentials(method: string, of: Held = now): Record<string, string> {
  if (of.bearer) return { Authorization: `Bearer ${of.bearer}` };
  return of.csrf && !SAFE.has(method.toUpperCase()) ? { "X-CSRF-Token": of.csrf } : {};
}

type View = { csrf_token: string | null; expires_at: string | null };

/** The session of the cookie that the browser holds; null where there is none. */
async function found(): Promise<Held | null> {
  const answer = await fetch("/v1/session");
  if (!answer.ok) return null;
  const view = (await answer.json()) as View;
  return view.csrf_token ? { bearer: null, csrf: view.csrf_token, endsAt: view.expires_at } : null;
}

/** At the page's start: go on with the session of before, if there is one. */
export async function resume(): Promise<void> {
  const session = await found().catch(() => null);
  if (session) hold(session);
}

/** Turns a token into a session. Where the service refuses, the token is held, and every request then says why it is refused. */
export async function signIn(token: string): Promise<void> {
  const bearer = token.trim();
  if (!bearer) return;
  const opened = await fetch("/v1/session", { method: "POST", headers: { Authorization: `Bearer ${bearer}` } });
  const session = opened.ok ? await found() : null;
  hold(session ?? { ...NONE, bearer });
}

/** Ends the session here and at the service. */
export async function signOut(): Promise<void> {
  if (now.csrf) await fetch("/v1/session", { method: "DELETE", headers: credentials("DELETE") }).catch(() => null);
  hold(NONE);
}
