import { expect, type Page } from "@playwright/test";
import { cleanInBoth, PATIENCE, PATIENT, ready, shot, test, watched } from "./shared";

// A month's money by clicking only: each role is another person, and the evidence stands beside what is decided.
const MONTH = process.env.MONTH ?? "";
test.describe.configure({ mode: "serial" });

test.beforeEach(({ page }) => {
  test.setTimeout(120_000 * PATIENCE);
  watched(page);
});

async function as(page: Page, role: string): Promise<void> {
  await page.goto("/market-maker/settlements");
  const out = page.getByRole("button", { name: "Sign out" });
  const field = page.getByLabel("Access token");
  await expect(out.or(field)).toBeVisible(PATIENT);
  if (await out.isVisible()) await out.click();
  await field.fill(process.env[`TOKEN_${role.toUpperCase()}`] ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator(".who")).toHaveText(new RegExp(`: ${role}$`), PATIENT);
}

async function open(page: Page, who: string, status: string): Promise<void> {
  await page.goto("/market-maker/settlements");
  const row = page.getByRole("region", { name: "Settlements" }).getByRole("row").filter({ hasText: who }).filter({ hasText: status });
  await row.first().getByRole("link").first().click();
  await expect(page.locator("h1 + .badge")).toContainText(status, PATIENT);
}

/** The amount as the page asks for it. */
async function approve(page: Page): Promise<void> {
  const label = (await page.locator("label").filter({ hasText: /^Type .* to approve/ }).textContent()) ?? "";
  await page.getByLabel(/to approve/).fill(/Type (\S+) to approve/.exec(label)![1]!);
  await page.getByRole("button", { name: "Approve", exact: true }).click();
}

test("a month is tried without recording and then closed, by one who may", async ({ page }) => {
  await as(page, "admin");
  await page.getByRole("textbox", { name: "Month", exact: true }).first().fill(MONTH);
  await page.getByRole("button", { name: "Try without recording" }).click();
  await expect(page.getByText("A trial, nothing is recorded")).toContainText("acme", PATIENT);
  await expect(page.getByText("A trial, nothing is recorded")).toContainText(/In none of it: fees of 1(\.00)? MMX/);
  await expect(page.getByText("No settlement fits")).toBeVisible(PATIENT);
  await page.getByRole("button", { name: "Close the month" }).click();
  await expect(page.getByText("Recorded 2")).toBeVisible(PATIENT);
  await expect(page.getByRole("region", { name: "Settlements" }).getByRole("row")).toHaveCount(3, PATIENT);
});

test("the evidence adds up and is at hand: fills, ledger, scores, and the statement in a frame", async ({ page }) => {
  await as(page, "risk");
  await open(page, "acme", "PENDING");
  await expect(page.getByRole("region", { name: "Arithmetic" })).toContainText("✓ adds up in this browser too", PATIENT);
  await shot(page, "settlement");
  const evidence = page.getByRole("region", { name: "Evidence" });
  await evidence.getByRole("button", { name: "Fills" }).click();
  await expect(page.getByRole("region", { name: "Fills of the month" }).getByRole("row")).toHaveCount(3, PATIENT);
  const saving = page.waitForEvent("download");
  await evidence.getByRole("button", { name: "Download CSV" }).click();
  expect((await saving).suggestedFilename()).toContain("mm-fills-");
  await evidence.getByRole("button", { name: "Ledger entries" }).click();
  await expect(page.getByRole("region", { name: "Ledger entries" }).getByRole("row").nth(1)).toBeVisible(PATIENT);
  await evidence.getByRole("button", { name: "Statement", exact: true }).click();
  const frame = page.frameLocator("iframe");
  await expect(frame.getByRole("heading").first()).toBeVisible(PATIENT);
  expect(await frame.locator("body").evaluate((body) => getComputedStyle(body).fontFamily)).not.toMatch(/^("?Times|serif)/); // its style came through the policy
});

test("a record is approved by typing its amount, and who approved it cannot pay it", async ({ page }) => {
  await as(page, "risk");
  await open(page, "acme", "PENDING");
  await page.getByLabel(/to approve/).fill("1");
  await expect(page.getByRole("button", { name: "Approve", exact: true })).toBeDisabled();
  await approve(page);
  await expect(page.locator("h1 + .badge")).toContainText("APPROVED", PATIENT);
  await expect(page.getByRole("button", { name: /Pay needs finance/ })).toBeDisabled();
  await expect(page.getByRole("region", { name: "Decisions" })).toContainText("pay: needs the role finance");
  await expect(page.getByRole("region", { name: "History of the settlement" }).getByRole("row").filter({ hasText: "settlement.approve" })).toContainText(/PENDING.*APPROVED/);
});

test("finance pays what risk approved, once", async ({ page }) => {
  await as(page, "finance");
  await open(page, "acme", "APPROVED");
  const paid = page.waitForResponse(/\/pay$/); // a reload before that could take the command back
  await page.getByRole("button", { name: "Pay", exact: true }).click();
  await paid;
  await expect(async () => {
    await page.reload();
    await expect(page.locator("h1 + .badge")).toContainText("SETTLED", { timeout: 2_000 });
  }).toPass(PATIENT);
  await expect(page.getByText(/pay ✓/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Pay", exact: true })).toBeDisabled();
});

test("a record is rejected with a reason and made again; who approves the new one does not pay it", async ({ page }) => {
  await as(page, "risk");
  await open(page, "beta", "PENDING");
  await expect(page.getByRole("button", { name: "Reject", exact: true })).toBeDisabled();
  await page.getByLabel("Reason").fill("fills are late");
  await page.getByRole("button", { name: "Reject", exact: true }).click();
  await expect(page.locator("h1 + .badge")).toContainText("REJECTED", PATIENT);
  await expect(page.getByText(/rejected by .*fills are late/)).toBeVisible(PATIENT);
  const made = page.waitForResponse(/\/recreate$/);
  await page.getByRole("button", { name: "Make it again" }).click();
  await made;
  await as(page, "finance");
  await open(page, "beta", "PENDING");
  await expect(page.getByText("revision 2")).toBeVisible(PATIENT);
  await expect(page.getByRole("region", { name: "Arithmetic" })).toContainText(/in none of these amounts: fees of 1(\.00)? MMX/);
  await page.getByLabel(/to approve/).fill("0.00");
  await expect(page.getByRole("button", { name: "Approve", exact: true })).toBeDisabled();
  await page.getByLabel(/Approve it without fees of 1(\.00)? MMX/).check();
  await approve(page);
  await expect(page.locator("h1 + .badge")).toContainText("APPROVED", PATIENT);
  await page.getByRole("button", { name: "Pay", exact: true }).click();
  await expect(page.getByRole("alert").first()).toContainText(/approved/, PATIENT);
  await expect(page.locator("h1 + .badge")).toContainText("APPROVED");
});

test("a viewer reads no settlement, and the page says which role it takes", async ({ page }) => {
  await as(page, "viewer");
  await expect(page.getByText("Reading this needs the role")).toBeVisible(PATIENT);
});

test("a tab of a participant has no row of the tab before it while its own are on their way", async ({ page }) => {
  await as(page, "risk");
  await page.goto("/market-maker/participants");
  await page.getByRole("region", { name: "Participants" }).getByRole("link").first().click();
  await page.getByRole("tab", { name: "ledger" }).click();
  await expect(page.getByRole("region", { name: "Ledger entries" })).toBeVisible(PATIENT);
  let arrive = (): void => {};
  const held = new Promise<void>((resolve) => { arrive = resolve; });
  await page.route("**/v1/settlements?*", async (route) => { await held; await route.continue(); });
  await page.getByRole("tab", { name: "settlements" }).click();
  await expect(page.locator("[data-waiting]")).toBeVisible(PATIENT);
  await expect(page.getByRole("region", { name: "Settlements" })).toHaveCount(0);
  arrive();
  await expect(page.getByRole("region", { name: "Settlements" }).getByRole("link").first()).toHaveText(/\S/, PATIENT);
});

test("settlements, participants and their dialogs break nothing of WCAG 2.2 AA in the dark or the light theme", async ({ page }) => {
  await as(page, "risk");
  await expect(page.getByRole("region", { name: "Settlements" })).toBeVisible(PATIENT);
  await cleanInBoth(page);
  await open(page, "beta", "APPROVED");
  await ready(page);
  await cleanInBoth(page);
  const evidence = page.getByRole("region", { name: "Evidence" });
  for (const part of ["Fills", "Q-score by day", "Ledger entries"]) {
    await evidence.getByRole("button", { name: part, exact: true }).click();
    await expect(evidence.getByRole("button", { name: part, exact: true })).toHaveAttribute("aria-expanded", "true");
    await ready(page);
    await cleanInBoth(page);
  }
  const statement = page.waitForResponse(/\/statement\?/);
  await evidence.getByRole("button", { name: "Statement", exact: true }).click();
  await expect(page.getByTitle(/^Statement of /)).toBeVisible(PATIENT);
  await cleanInBoth(page, "iframe");
  const alone = await page.context().newPage();
  await alone.setContent(await (await statement).text());
  await cleanInBoth(alone);
  await alone.close();
  await page.goto("/market-maker/participants");
  await expect(page.getByRole("region", { name: "Participants" })).toBeVisible(PATIENT);
  await page.getByRole("button", { name: "Enroll…" }).click();
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await cleanInBoth(page);
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("region", { name: "Participants" }).getByRole("link").first().click();
  await expect(page.locator("h1 + .badge")).toBeVisible(PATIENT);
  await cleanInBoth(page);
  for (const tab of ["performance", "obligations", "ledger", "settlements"]) {
    await page.getByRole("tab", { name: tab }).click();
    await expect(page.getByRole("tab", { name: tab })).toHaveAttribute("aria-selected", "true");
    await ready(page);
    await cleanInBoth(page);
  }
  const dialogs = await page.getByRole("button", { name: /…$/ }).all();
  expect(dialogs.length).toBeGreaterThan(0);
  for (const dialog of dialogs) {
    await dialog.click();
    await expect(page.getByRole("alertdialog")).toBeVisible();
    await cleanInBoth(page);
    await page.getByRole("button", { name: "Close" }).click();
  }
});
