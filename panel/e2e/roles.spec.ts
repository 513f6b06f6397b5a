import { expect, type Page } from "@playwright/test";
import { clean, PATIENCE, PATIENT, ready, SYMBOL, test } from "./shared";

// Each of the five roles, signed in with a token of its own: what it sees, and what it may do.
const STOPPERS = ["operator", "risk", "admin"];
const STARTERS = ["operator", "risk"];
const ACCOUNTS = ["risk", "finance", "admin"];
/** The roles of docs/operations.md 19, for every operation that a page has a control or a list for. */
const MATRIX: Record<string, string[]> = {
  pausePool: STOPPERS, haltPool: STOPPERS, flattenPool: STOPPERS, killAll: STOPPERS, flattenAll: STOPPERS, stopMaker: STOPPERS, acknowledgeAlert: STOPPERS, suspendParticipant: STOPPERS,
  createPool: STARTERS, replacePool: STARTERS, resumePool: STARTERS, enablePool: STARTERS, deletePool: STARTERS, startMaker: STARTERS, startReport: STARTERS, cancelReport: STARTERS,
  addMember: STARTERS, changeMember: STARTERS, removeMember: STARTERS,
  enrollParticipant: STARTERS, activateParticipant: STARTERS, terminateParticipant: STARTERS, changeParticipant: STARTERS,
  listSettlements: ACCOUNTS, listAudit: ACCOUNTS, runSettlement: ACCOUNTS,
};
const ROLES = ["viewer", "operator", "risk", "finance", "admin"];

async function signIn(page: Page, role: string): Promise<void> {
  await page.goto("/market-maker/pools");
  await page.getByLabel("Access token").fill(process.env[`TOKEN_${role.toUpperCase()}`] ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator(".who")).toHaveText(new RegExp(`: ${role}$`), PATIENT);
  await expect(page.getByRole("link", { name: SYMBOL })).toBeVisible(PATIENT);
}

/** Every control on the page stands as the matrix says; returns the operations that were met. */
async function judged(page: Page, role: string): Promise<string[]> {
  const controls = page.locator("[data-op]");
  await ready(page);
  await expect(controls.first()).toBeVisible(PATIENT);
  const found = await controls.evaluateAll((all) => all.map((each) => [each.getAttribute("data-op")!, each.getAttribute("data-allowed")!, each.textContent ?? ""] as const));
  for (const [operation, allowed, text] of found) {
    const roles = MATRIX[operation];
    expect(roles, `${operation} is not in this test's matrix`).toBeDefined();
    expect(allowed, `${role} and ${operation}`).toBe(String(roles!.includes(role)));
    if (allowed === "false" && !/hold 1.5 s/.test(text)) expect(text).toContain(roles![0]);
  }
  return found.map(([operation]) => operation);
}

for (const role of ROLES) {
  test(`${role} sees and may do what the matrix says, on every page`, async ({ page }) => {
    test.setTimeout(120_000 * PATIENCE);
    await signIn(page, role);
    await expect(page.locator("[data-op=createPool]")).toHaveAttribute("data-allowed", String(STARTERS.includes(role)), PATIENT);
    const met = new Set(await judged(page, role));
    const look = async (): Promise<void> => { for (const each of await judged(page, role)) met.add(each); };
    await page.getByRole("link", { name: SYMBOL }).click();
    await look();
    await page.getByRole("tab", { name: "members" }).click();
    await expect(page.locator("[data-op=changeMember]").first()).toBeVisible(PATIENT);
    await look();
    await page.getByRole("tab", { name: "config" }).click();
    await expect(page.locator("[data-op=deletePool]")).toBeVisible(PATIENT);
    await look();
    for (const [name, title] of [["Participants", "Participants"], ["Alerts", "Alerts"], ["Reports", "Reports"], ["Settlements", "Settlements"], ["Audit", "Audit log"], ["Emergency", "Emergency"], ["Maker", "Smart market making"]] as const) {
      await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
      await expect(page.locator("h1")).toHaveText(title, PATIENT);
      await ready(page);
      if (name === "Settlements" || name === "Audit") await expect(page.getByText("Reading this needs the role")).toBeVisible({ visible: !ACCOUNTS.includes(role) });
      if ((await page.locator("[data-op]").count()) > 0) await look();
    }
    await page.getByRole("link", { name: "Participants" }).click();
    await page.getByRole("region", { name: "Participants" }).getByRole("link").first().click();
    await expect(page.locator("[data-op=terminateParticipant]")).toBeVisible(PATIENT);
    await look();
    for (const operation of ["pausePool", "haltPool", "resumePool", "deletePool", "runSettlement", "addMember", "enrollParticipant", "terminateParticipant", "killAll", "startMaker", "startReport"]) expect([...met]).toContain(operation);
    await clean(page);
  });
}

test("an operator pauses and starts a pool; the service takes both", async ({ page }) => {
  test.setTimeout(90_000 * PATIENCE);
  await signIn(page, "operator");
  await page.getByRole("link", { name: SYMBOL }).click();
  await page.getByRole("button", { name: "Pause…" }).click();
  await page.getByLabel(`Type ${SYMBOL}`).fill(SYMBOL);
  await page.getByRole("button", { name: "Pause now" }).click();
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("✓ PROVED", PATIENT);
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Start…" }).click();
  await page.getByRole("button", { name: "Start quoting" }).click();
  await expect(page.locator("h1 + .badge")).toHaveText(/ACTIVE$/, PATIENT);
});

test("Shift+K of a viewer opens the dialog, and nothing in it can stop the pool", async ({ page }) => {
  await signIn(page, "viewer");
  await page.getByRole("link", { name: SYMBOL }).click();
  await expect(page.locator("h1")).toHaveText(SYMBOL, PATIENT);
  await page.keyboard.press("Shift+K");
  await page.getByLabel(`Type ${SYMBOL}`).fill(SYMBOL);
  await expect(page.getByRole("button", { name: /Kill now needs operator or risk or admin/ })).toBeDisabled();
  await expect(page.getByRole("button", { name: /hold 1.5 s/ })).toBeDisabled();
});

test("without a sign-in the kill dialog says at once that it cannot, and what can", async ({ page }) => {
  await page.goto(`/market-maker/pools/${SYMBOL}`);
  await expect(page.locator("h1")).toHaveText(SYMBOL, PATIENT);
  await page.keyboard.press("Shift+K");
  await expect(page.getByRole("alert")).toContainText("market_maker kill", PATIENT);
});

test("the service refuses a token that it did not make, and the page says so", async ({ page }) => {
  await page.goto("/market-maker/pools");
  await page.getByLabel("Access token").fill("not-a-token");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator("p.fresh")).toContainText("not signed in", PATIENT);
});
