import { expect, type Page } from "@playwright/test";
import { clean, fill, PATIENCE, PATIENT, test, unstalled, watched } from "./shared";

// Sections 3 to 13 of the operations document, by clicking only, on a service that has nothing yet.
const SYMBOL = "ETHUSDT-PERP";
const DESKS = ["Acme Trading Desk", "Beta Capital"] as const;

const pool = (page: Page): Promise<unknown> => page.goto(`/market-maker/pools/${SYMBOL}`);
const state = (page: Page, word: string): Promise<void> => expect(page.locator("h1 + .badge")).toHaveText(new RegExp(`${word}$`), PATIENT);
const tab = (page: Page, name: string): Promise<void> => page.getByRole("tab", { name }).click();

async function stopped(page: Page, button: string, now: string): Promise<void> {
  await page.getByRole("button", { name: button }).click();
  await page.getByLabel(`Type ${SYMBOL}`).fill(SYMBOL);
  await page.getByRole("button", { name: now }).click();
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("✓ PROVED", PATIENT);
  await clean(page);
  await page.getByRole("button", { name: "Close" }).click();
}

async function started(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start…" }).click();
  await clean(page);
  await page.getByRole("button", { name: "Start quoting" }).click();
  await state(page, "ACTIVE");
  await expect(page.locator("p.bid").first()).toContainText("quoting", PATIENT);
}

test.describe.configure({ mode: "serial" });
test.beforeEach(async ({ page }) => {
  test.setTimeout(120_000 * PATIENCE);
  watched(page);
  await unstalled(page, SYMBOL);
});

test("3: a pool is created, and it is not running", async ({ page }) => {
  await page.goto("/market-maker/pools");
  await expect(page.getByText("No pool yet.")).toBeVisible(PATIENT);
  await page.getByRole("link", { name: "New pool" }).click();
  await fill(page, { symbol: SYMBOL, gamma: "0.1", kappa: "1.5", num_levels: "2", level_spacing_bps: "5", min_spread_bps: "5", max_spread_bps: "50", order_size_usdt: "500", max_pool_position_usdt: "50000", max_pool_loss_usdt: "2000" });
  await page.getByText("All other fields").click();
  await fill(page, { enabled: "false", vol_lookback_seconds: "300", tau: "1", check_staleness: "true", staleness_threshold_ms: "2000", quote_interval_ms: "100", price_threshold_bps: "1" });
  await page.getByRole("button", { name: "Create pool" }).click();
  await expect(page.locator("h1")).toHaveText(SYMBOL, PATIENT);
  await state(page, "(NOT_RUNNING|PAUSED)");
  await expect(page.getByText("0 members")).toBeVisible(PATIENT);
});

test("4: participants are enrolled, PENDING, and activated", async ({ page }) => {
  for (const [i, name] of DESKS.entries()) {
    await page.goto("/market-maker/participants");
    await page.getByRole("button", { name: "Enroll…" }).click();
    await fill(page, { user_id: `u-${i}`, account_id: `a-${i}`, display_name: name, initial_margin_usdt: "10000", max_drawdown_pct: "20", revenue_model: "PERCENTAGE_SPLIT", revenue_share_pct: "20", tier: "TIER_1", enrolled_by: "ops-team" });
    await page.getByRole("button", { name: "Enroll", exact: true }).click();
    await page.getByRole("link", { name }).click();
    await state(page, "PENDING");
    await page.getByRole("button", { name: "Activate" }).click();
    await state(page, "ACTIVE");
  }
});

/** Their limits are greater than their margin: that is said before the dialog is closed. */
async function heldToMargin(page: Page): Promise<void> {
  await expect(page.getByRole("alertdialog")).toContainText("initial_margin_usdt is 10000", PATIENT);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("alertdialog")).toBeHidden(PATIENT);
}

test("5: members join; more than 100 % of the weights is refused in words", async ({ page }) => {
  await page.goto("/market-maker/participants");
  const rows = page.getByRole("region", { name: "Participants" }).getByRole("row");
  const ids = await Promise.all(DESKS.map((name) => rows.filter({ hasText: name }).getByRole("code").textContent(PATIENT)));
  await pool(page);
  await tab(page, "members");
  for (const [i, weight] of [[0, "60"], [1, "60"], [1, "40"]] as const) {
    if (weight !== "40") await page.getByRole("button", { name: "Add member…" }).click();
    await fill(page, { Participant: ids[i] ?? "", "Weight %": weight, "Position limit USDT": "20000", "Max loss USDT": "800" });
    await page.getByRole("button", { name: "Save" }).click();
    if (i === 1 && weight === "60") await expect(page.getByRole("alert")).toContainText("100", PATIENT);
    else await heldToMargin(page);
  }
  await expect(page.getByRole("region", { name: "Members" }).getByRole("row")).toHaveCount(3, PATIENT);
  await page.getByRole("link", { name: "Members" }).click();
  await expect(page.getByText("of 100 % given")).toContainText("100.00", PATIENT);
  await expect(page.getByText(/\(margin: 10.000\.00\)/)).toHaveCount(2, PATIENT);
});

test("6: the pool starts and quotes on both sides", async ({ page }) => {
  await pool(page);
  await started(page);
  await expect(page.getByRole("region", { name: "Own orders" }).getByRole("row")).not.toHaveCount(1, PATIENT);
});

test("7: the configuration changes after its differences were shown", async ({ page }) => {
  await pool(page);
  await page.getByRole("link", { name: "Edit" }).click();
  await fill(page, { max_spread_bps: "80" });
  await expect(page.getByRole("region", { name: "Differences" })).toContainText("max_spread_bps: 50 → 80");
  const save = page.getByRole("button", { name: "Save as version" });
  const version = (await save.textContent())?.replace("Save as version ", "");
  await save.click();
  await expect(page.locator("h1")).toHaveText(SYMBOL, PATIENT);
  await expect(page.getByText(`Configuration version ${version}`)).toBeVisible(PATIENT);
  await state(page, "ACTIVE");
});

test("8: a member's weight is lowered", async ({ page }) => {
  await pool(page);
  await tab(page, "members");
  await page.getByRole("row").filter({ hasText: "60.00" }).getByRole("button", { name: "Change…" }).click();
  await fill(page, { "Weight %": "50" });
  await page.getByRole("button", { name: "Save" }).click();
  await heldToMargin(page);
  await expect(page.getByRole("region", { name: "Members" }).getByRole("row").filter({ hasText: "50.00" })).toBeVisible(PATIENT);
});

test("9: a pause is proved, and a resume quotes again", async ({ page }) => {
  await pool(page);
  await expect(page.locator("[data-old=false]").first()).toBeVisible(PATIENT);
  await stopped(page, "Pause…", "Pause now");
  await state(page, "PAUSED");
  await started(page);
});

test("10: a participant is suspended and comes back, and one leaves a pool for good", async ({ page }) => {
  await page.goto("/market-maker/participants");
  await page.getByRole("link", { name: DESKS[1] }).click();
  await page.getByRole("button", { name: /Suspend/ }).click();
  await state(page, "SUSPENDED");
  await page.getByRole("button", { name: "Activate" }).click();
  await state(page, "ACTIVE");
  await page.getByLabel(/Terminate is final/).fill(DESKS[1]);
  await page.getByRole("button", { name: "Terminate", exact: true }).click();
  await state(page, "TERMINATED");
  await expect(page.getByRole("region", { name: "Memberships" })).toContainText("REMOVED", PATIENT);
});

test("11: kill, the reason in the status, a review, and a resume", async ({ page }) => {
  await pool(page);
  await expect(page.locator("[data-old=false]").first()).toBeVisible(PATIENT);
  await page.getByRole("button", { name: "Kill… (Shift+K)" }).click();
  await page.getByLabel("Reason, for the audit log").fill("exercise");
  await page.getByLabel(`Type ${SYMBOL}`).fill(SYMBOL);
  await page.getByRole("button", { name: "Kill now" }).click();
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("✓ PROVED", PATIENT);
  await page.getByRole("button", { name: "Close" }).click();
  await state(page, "HALTED");
  await page.goto("/market-maker/pools");
  const row = page.getByRole("row", { name: new RegExp(SYMBOL) });
  await expect(row.getByRole("cell").nth(1)).toHaveText(/HALTED$/, PATIENT);
  await expect(row).toContainText("exercise");
  await page.goto("/market-maker/alerts");
  await expect(page.getByRole("region", { name: "Alerts that hold" })).toContainText(SYMBOL, PATIENT);
  await page.getByRole("button", { name: new RegExp(`^Acknowledge ${SYMBOL}`) }).first().click();
  await page.getByLabel("Note").fill("it is the exercise");
  await clean(page);
  await page.getByRole("button", { name: "Acknowledge", exact: true }).click();
  await expect(page.getByRole("region", { name: "Alerts that hold" })).toContainText("it is the exercise", PATIENT);
  await pool(page);
  await started(page);
});

test("12: a month is tried without recording, and nothing is pending", async ({ page }) => {
  await page.goto("/market-maker/settlements");
  await page.getByRole("textbox", { name: "Month", exact: true }).first().fill("2000-01");
  await expect(page.getByRole("button", { name: "Close the month" })).toBeDisabled();
  await page.getByRole("button", { name: "Try without recording" }).click();
  await expect(page.getByText("A trial, nothing is recorded")).toBeVisible(PATIENT);
  await expect(page.getByText("No settlement fits")).toBeVisible(PATIENT);
});

test("13: a pool is paused, its members removed, and deleted", async ({ page }) => {
  await pool(page);
  await expect(page.locator("[data-old=false]").first()).toBeVisible(PATIENT);
  await page.getByRole("button", { name: "Flatten…" }).click();
  await page.getByLabel(`Type ${SYMBOL}`).fill(SYMBOL);
  await page.getByRole("button", { name: "Flatten now" }).click();
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("✓ PROVED", { timeout: 60_000 * PATIENCE });
  await page.getByRole("button", { name: "Close" }).click();
  await state(page, "PAUSED");
  await tab(page, "members");
  await page.getByRole("row").filter({ hasText: "ACTIVE" }).getByRole("button", { name: "Change…" }).click();
  const removal = page.getByLabel(/to remove it/);
  await removal.fill(await page.getByLabel("Participant").inputValue());
  await page.getByRole("button", { name: "Remove member" }).click();
  await expect(page.getByRole("alertdialog")).toBeHidden(PATIENT);
  await tab(page, "config");
  await page.getByLabel(`Type ${SYMBOL} to delete it`).fill(SYMBOL);
  await page.getByRole("button", { name: "Delete pool" }).click();
  await expect(page.getByText("No pool yet.")).toBeVisible(PATIENT);
});
