import { expect } from "@playwright/test";
import { PATIENCE, PATIENT, SYMBOL, test, watched } from "./shared";

// Signing in at the auth service's own page, which sends the browser back with a code: the service itself redeems it.

test("people sign in at the auth service's page, may do what their roles say, and the browser never has a token", async ({ page }) => {
  test.setTimeout(90_000 * PATIENCE);
  watched(page);
  const carried: string[] = [];
  page.on("request", (request) => {
    const text = request.url() + JSON.stringify(request.headers()) + (request.postData() ?? "");
    if (/eyJ[\w-]+\.[\w-]+\.[\w-]+/.test(text)) carried.push(`${request.method()} ${request.url()}`);
  });
  await page.goto("/market-maker/pools");
  await page.getByRole("link", { name: "Sign in at the auth service" }).click();
  await expect(page).toHaveURL(/\/authorize\?.*code_challenge_method=S256/);
  await page.getByLabel("Name").fill("ann");
  await page.getByLabel("operator").check();
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/market-maker\/pools$/);
  await expect(page.locator(".who")).toHaveText("ann: operator", PATIENT);
  await page.getByRole("link", { name: SYMBOL }).click();
  await page.getByRole("button", { name: "Pause…" }).click();
  await page.getByLabel(`Type ${SYMBOL}`).fill(SYMBOL);
  await page.getByRole("button", { name: "Pause now" }).click();
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("✓ PROVED", PATIENT);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByText("by ann").first()).toBeVisible(PATIENT);
  expect(carried).toEqual([]);
});

test("a code that was redeemed signs no other browser in", async ({ page, browser, baseURL }) => {
  let back = "";
  page.on("request", (request) => { if (request.url().includes("/signed-in?")) back = request.url(); });
  await page.goto("/market-maker/sign-in");
  await page.getByLabel("Name").fill("ann");
  await page.getByLabel("viewer").check();
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator(".who")).toHaveText("ann: viewer", PATIENT);
  const other = await browser.newContext(baseURL ? { baseURL } : {});
  const thief = await other.newPage();
  await thief.goto(back);
  await expect(thief.locator("body")).toContainText("it was not begun by this browser");
  await thief.goto("/market-maker/pools");
  await expect(thief.getByRole("link", { name: "Sign in at the auth service" })).toBeVisible(PATIENT);
  await other.close();
});
