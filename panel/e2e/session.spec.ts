import { expect, type Page } from "@playwright/test";
import { PATIENCE, PATIENT, SYMBOL, test, watched } from "./shared";

// Signing in: the token is shown to the service once, and a cookie that no script can read stands for it on the panel's own pages.
const TOKEN = process.env.TOKEN ?? "";
const UNSAFE = ["post", "put", "patch", "delete"];

async function signIn(page: Page): Promise<void> {
  await page.goto("/market-maker/pools");
  await page.getByLabel("Access token").fill(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator(".who")).toHaveText("session-e2e: operator", PATIENT);
}

test("after the sign-in no request, address or storage holds the token, and a reload stays signed in", async ({ page }) => {
  test.setTimeout(90_000 * PATIENCE);
  watched(page);
  await signIn(page);
  const carried: string[] = [];
  page.on("request", (request) => {
    const text = request.url() + JSON.stringify(request.headers()) + (request.postData() ?? "");
    if (text.includes(TOKEN)) carried.push(`${request.method()} ${request.url()}`);
  });
  await page.reload();
  await expect(page.locator(".who")).toHaveText("session-e2e: operator", PATIENT);
  await expect(page.locator("[data-stale=false]")).toBeVisible(PATIENT);
  await page.getByRole("link", { name: SYMBOL }).click();
  await page.getByRole("button", { name: "Pause…" }).click();
  await page.getByLabel(`Type ${SYMBOL}`).fill(SYMBOL);
  await page.getByRole("button", { name: "Pause now" }).click();
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("✓ PROVED", PATIENT);
  expect(carried).toEqual([]);
  const seen = await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + location.href);
  expect(seen).not.toContain(TOKEN);
  expect(seen).not.toContain("__Host-mm");
  const [cookie] = (await page.context().cookies()).filter((each) => each.name === "__Host-mm");
  expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: "Strict", path: "/" });
});

test("the cookie alone changes nothing on any unsafe operation, from this page or from none", async ({ page }) => {
  test.setTimeout(90_000 * PATIENCE);
  await signIn(page);
  const description = (await (await page.request.get("/openapi.json")).json()) as { paths: Record<string, Record<string, unknown>> };
  const unsafe = Object.entries(description.paths).flatMap(([path, methods]) => Object.keys(methods).filter((method) => UNSAFE.includes(method)).map((method) => [method.toUpperCase(), path.replaceAll(/[{}]/g, "")] as const));
  expect(unsafe.length).toBeGreaterThan(30);
  const inPage = await page.evaluate(async (all) => Promise.all(all.map(async ([method, path]) => (await fetch(path, { method, headers: { "Content-Type": "application/json" }, body: "{}" })).status)), unsafe);
  expect(new Set(inPage)).toEqual(new Set([403]));
  for (const [method, path] of unsafe) {
    const answer = await page.request.fetch(path, { method, data: "{}", headers: { "Content-Type": "application/json" } });
    expect(answer.status(), `${method} ${path}`).toBe(403);
  }
  await page.reload();
  await expect(page.locator(".who")).toHaveText("session-e2e: operator", PATIENT); // DELETE /v1/session was among them
});

test("a page of another site cannot use the cookie", async ({ page, baseURL }) => {
  await signIn(page);
  const other = baseURL!.replace("127.0.0.1", "localhost");
  await page.goto(`${other}/market-maker/system`);
  const outcome = await page.evaluate(async (home) => fetch(`${home}/v1/mm/emergency/kill`, { method: "POST", credentials: "include", mode: "no-cors" }).then((answer) => answer.type, (error: Error) => error.name), baseURL!);
  expect(["opaque", "TypeError"]).toContain(outcome);
  await page.goto(`${baseURL}/market-maker/pools/${SYMBOL}`);
  await expect(page.locator("h1 + .badge")).not.toHaveText(/HALTED/, PATIENT);
});

test("a form outlives the sign-in in which it was begun", async ({ page }) => {
  test.setTimeout(60_000 * PATIENCE);
  await signIn(page);
  await page.getByRole("link", { name: SYMBOL }).click();
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByLabel("gamma", { exact: true }).fill("0.333");
  // As a service that was restarted: it knows the session no more, and the page hears of it from its stream.
  const ended = await page.evaluate(async () => {
    const { csrf_token: secret } = (await (await fetch("/v1/session")).json()) as { csrf_token: string };
    return (await fetch("/v1/session", { method: "DELETE", headers: { "X-CSRF-Token": secret } })).ok;
  });
  expect(ended).toBe(true);
  await page.getByLabel("Access token").fill(TOKEN, PATIENT);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible(PATIENT);
  await expect(page.getByLabel("gamma", { exact: true })).toHaveValue("0.333");
  await expect(page.getByRole("region", { name: "Differences" })).toContainText("→ 0.333");
});

test("signing out ends the session at the service, and the kill dialog then says that it cannot", async ({ page }) => {
  await signIn(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("Access token")).toBeVisible(PATIENT);
  expect((await page.request.get("/v1/me")).status()).toBe(401);
  await page.goto(`/market-maker/pools/${SYMBOL}`);
  await expect(page.getByLabel("Access token")).toBeVisible(PATIENT); // it listens to keys from here on
  await page.keyboard.press("Shift+K");
  await expect(page.getByRole("alert").filter({ hasText: "market_maker kill" })).toBeVisible(PATIENT);
});
