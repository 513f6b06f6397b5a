import { expect, type Page } from "@playwright/test";
import { clean, fill, openPool, PATIENCE, PATIENT, shot, SYMBOL, test, unstalled, watched } from "./shared";

// A night with an incident, on a venue of its own that can fall silent: its process is stopped and goes on.
const venue = Number(process.env.VENUE_PID);

async function startAgain(page: Page): Promise<void> {
  await openPool(page);
  await page.getByRole("button", { name: "Start…" }).click();
  await page.getByRole("button", { name: "Start quoting" }).click();
  await expect(page.locator("h1 + .badge")).toHaveText(/ACTIVE$/, PATIENT);
  await expect(page.locator("p.bid")).toContainText("quoting", PATIENT);
}

test.describe.configure({ mode: "serial" });
test.beforeEach(async ({ page }) => {
  test.setTimeout(180_000 * PATIENCE);
  watched(page);
  await unstalled(page);
});

test("a kill stays NOT PROVED while the venue does not answer, and is PROVED once it does", async ({ page }) => {
  await openPool(page);
  await expect(page.locator("p.bid")).toContainText("quoting", PATIENT);
  await page.keyboard.press("Shift+K");
  await page.getByLabel("Reason, for the audit log").fill("the venue is silent");
  await page.getByLabel(`Type ${SYMBOL}`).fill(SYMBOL);
  process.kill(venue, "SIGSTOP");
  try {
    await page.getByRole("button", { name: "Kill now" }).click();
    await expect(page.getByRole("alertdialog")).toContainText("NOT PROVED", PATIENT);
    // Longer than a proof takes where the venue answers: two looks, a quarter of a second apart.
    for (let look = 0; look < 12; look++) {
      await page.waitForTimeout(250);
      await expect(page.getByRole("alertdialog")).not.toContainText("✓ PROVED", { timeout: 1 });
    }
    await shot(page, "not-proved");
  } finally {
    process.kill(venue, "SIGCONT");
  }
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("✓ PROVED", { timeout: 60_000 * PATIENCE });
  await shot(page, "proved");
  await clean(page);
});

test("a guard halts a pool whose market data stopped, and every page says why", async ({ page }) => {
  await page.goto(`/market-maker/pools/${SYMBOL}/edit`);
  await page.getByText("All other fields").click();
  await fill(page, { market_data_halt_seconds: "3" });
  await expect(page.getByRole("region", { name: "Differences" })).toContainText("market_data_halt_seconds: 30 → 3");
  await page.getByRole("button", { name: "Save as version" }).click();
  await expect(page.locator("h1")).toHaveText(SYMBOL, PATIENT);
  await startAgain(page);
  process.kill(venue, "SIGSTOP");
  try {
    await expect(page.locator("h1 + .badge")).toHaveText(/HALTED$/, PATIENT);
    await expect(page.getByText(/HALTED since/)).toContainText(/by .*guard.*market data/i, PATIENT);
    await page.goto("/market-maker/alerts");
    const holding = page.getByRole("region", { name: "Alerts that hold" });
    await expect(holding).toContainText(SYMBOL, PATIENT);
    await expect(holding).toContainText(/market data/i, PATIENT);
    await shot(page, "alerts");
    await clean(page);
  } finally {
    process.kill(venue, "SIGCONT");
  }
  await page.goto("/market-maker/pools");
  const row = page.getByRole("row", { name: new RegExp(SYMBOL) });
  await expect(row.getByRole("cell").nth(1)).toHaveText(/HALTED$/, PATIENT);
  await expect(row).toContainText(/market data/i);
});

test("the halt is one line of the night's story, and the line leads to what the engine knew then", async ({ page }) => {
  await page.goto(`/market-maker/pools/${SYMBOL}?tab=events`);
  const halted = page.getByRole("region", { name: "Events" }).getByRole("row").filter({ hasText: /market data/i }).first();
  await expect(halted).toBeVisible(PATIENT);
  await shot(page, "events");
  await clean(page);
  await halted.getByRole("link", { name: "this moment" }).click();
  await expect(page.getByRole("region", { name: "Known" })).toContainText("book", PATIENT);
  await shot(page, "explain");
  await clean(page);
  await page.getByRole("button", { name: "◂ turn before" }).click();
  await expect(page.getByRole("region", { name: "Known" })).toContainText("book", PATIENT);
  await page.goto(`/market-maker/pools/${SYMBOL}?tab=history`);
  await expect(page.getByRole("figure").filter({ hasText: "drawdown below its peak" })).toBeVisible(PATIENT);
  await expect(page.getByRole("region", { name: "Marks" })).toContainText(/market data/i, PATIENT);
  await shot(page, "history");
  await clean(page);
});

test("two people edit one pool: the second sees both changes and loses nothing", async ({ browser, page }) => {
  const other = await (await browser.newContext()).newPage();
  for (const each of [page, other]) {
    await each.goto(`/market-maker/pools/${SYMBOL}/edit`);
    await expect(each.getByLabel("gamma", { exact: true })).toBeVisible(PATIENT);
  }
  await fill(page, { gamma: "0.11" });
  await fill(other, { kappa: "1.7" });
  await expect(page.getByRole("region", { name: "Preview" })).toContainText("bps from fair", PATIENT);
  await shot(page, "edit");
  await clean(page);
  await page.getByRole("button", { name: "Save as version" }).click();
  await expect(page.locator("h1")).toHaveText(SYMBOL, PATIENT);
  await other.getByRole("button", { name: "Save as version" }).click();
  const table = other.getByRole("region", { name: "Three-way difference" });
  await expect(table.getByRole("row").filter({ hasText: "gamma" })).toContainText("0.11", PATIENT);
  await expect(table.getByRole("row").filter({ hasText: "kappa" })).toContainText("1.7");
  await clean(other);
  await other.getByRole("button", { name: /Go on from version/ }).click();
  await expect(other.getByLabel("gamma", { exact: true })).toHaveValue("0.11");
  await expect(other.getByLabel("kappa", { exact: true })).toHaveValue("1.7");
  await other.getByRole("button", { name: "Save as version" }).click();
  await expect(other.locator("h1")).toHaveText(SYMBOL, PATIENT);
  await other.close();
});

test("an earlier version is read into the form with its differences, and saved as a new one", async ({ page }) => {
  await page.goto(`/market-maker/pools/${SYMBOL}?tab=config`);
  await page.getByRole("region", { name: "Versions" }).getByRole("link", { name: "Edit as version" }).last().click();
  await expect(page.getByText("The values are those of version 1;")).toBeVisible(PATIENT);
  await expect(page.getByRole("region", { name: "Differences" })).toContainText("gamma: 0.11 →", PATIENT);
  await clean(page);
  await page.getByRole("button", { name: "Save as version" }).click();
  await expect(page.locator("h1")).toHaveText(SYMBOL, PATIENT);
});
