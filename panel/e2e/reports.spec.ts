import { expect } from "@playwright/test";
import { cleanInBoth, fill, PATIENCE, PATIENT, SYMBOL, test } from "./shared";

// Reports on a recording that lies in the data directory, by clicking only, with a session's cookie.
const TOKEN = process.env.TOKEN ?? "";
const RECORDING = process.env.RECORDING ?? "";

test.beforeEach(async ({ page }) => {
  test.setTimeout(180_000 * PATIENCE);
  page.on("pageerror", (error) => { throw error; });
  await page.goto("/market-maker/reports");
  await page.getByLabel("Access token").fill(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator(".who")).toContainText("reports-e2e", PATIENT);
});

test("a replay is started, watched to its end and read in a frame that has no way out", async ({ page }) => {
  await page.getByLabel("Recording").selectOption(RECORDING);
  await page.getByRole("button", { name: "Start the report" }).click();
  await page.getByRole("region", { name: "Reports" }).getByRole("link", { name: "replay" }).first().click();
  await expect(page.getByRole("status").first()).toContainText("DONE", { timeout: 120_000 * PATIENCE });
  const frame = page.frameLocator("iframe");
  await expect(frame.locator("h1")).toBeVisible(PATIENT);
  await expect(frame.locator("[data-chart] canvas").first()).toBeVisible(PATIENT); // the page's policy lets its charts run
  const shown = frame.locator(".shown").first();
  await expect(shown).toHaveText(/^shown: /);
  const all = (await shown.textContent())!;
  await frame.locator("[data-chart]").first().focus();
  await page.keyboard.press("+");
  await expect(shown).not.toHaveText(all);
  const handle = await page.locator("iframe").elementHandle();
  const inside = (await handle!.contentFrame())!;
  expect(await inside.evaluate(() => { try { return document.cookie; } catch (error) { return (error as Error).name; } })).toBe("SecurityError");
  expect(await inside.evaluate(() => { try { return String(parent.document.title); } catch (error) { return (error as Error).name; } })).toBe("SecurityError");
  expect(await inside.evaluate(async () => fetch("/v1/me").then(() => "reached", (error: Error) => error.name))).toBe("TypeError");
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the report" }).click();
  expect((await saving).suggestedFilename()).toMatch(/^r\d+-\d+\.html$/);
});

test("a recording that is priced in bitcoin is replayed with the rate that is typed, and not without one", async ({ page }) => {
  const start = async (rate: string): Promise<void> => {
    await page.getByLabel("Recording").selectOption("bitcoin.mmrec");
    await page.getByLabel("Quote rate, USDT").fill(rate);
    await page.getByRole("button", { name: "Start the report" }).click();
  };
  const row = page.getByRole("region", { name: "Reports" }).getByRole("row").filter({ hasText: "bitcoin.mmrec" });
  await start("");
  await expect(row).toContainText("quote_rate: missing; the price of 1 BTC in USDT", { timeout: 120_000 * PATIENCE });
  await start("4");
  await expect(row).toHaveCount(2, PATIENT);
  await row.first().getByRole("link", { name: "replay" }).click();
  await expect(page.getByRole("status").first()).toContainText("DONE", { timeout: 120_000 * PATIENCE });
  await expect(page.getByRole("main")).toContainText("one of the recording's currency is 4 USDT");
  await expect(page.frameLocator("iframe").locator("h1")).toBeVisible(PATIENT);
});

test("live is compared with a simulation out of the journal of a pool that quotes", async ({ page }) => {
  await page.getByLabel("Kind").selectOption("parity");
  await expect(page.getByRole("combobox", { name: "Recording" })).toHaveCount(0);
  await page.getByRole("combobox", { name: "Live" }).selectOption("BTCUSDT-PERP");
  await page.getByRole("button", { name: "Start the report" }).click();
  await page.getByRole("region", { name: "Reports" }).getByRole("link", { name: "parity" }).first().click();
  await expect(page.getByRole("status").first()).toContainText("DONE", { timeout: 120_000 * PATIENCE });
  await expect(page.frameLocator("iframe").locator("h1")).toHaveText("Live against simulation of BTCUSDT-PERP", PATIENT);
});

test("a comparison is canceled while it waits or runs, and says so", async ({ page }) => {
  await page.getByLabel("Kind").selectOption("compare");
  await page.getByLabel("Recording").selectOption(RECORDING);
  await page.getByRole("button", { name: "Start the report" }).click();
  await page.getByRole("region", { name: "Reports" }).getByRole("link", { name: "compare" }).first().click();
  await page.getByRole("button", { name: "Cancel the report" }).click();
  await expect(page.getByRole("status").first()).toContainText("CANCELED", PATIENT);
  await expect(page.locator("iframe")).toHaveCount(0);
});

test("a strategy that is none is refused in words, and nothing is started", async ({ page }) => {
  await page.getByLabel("Recording").selectOption(RECORDING);
  await page.getByLabel("Strategies").fill("magic");
  await page.getByRole("button", { name: "Start the report" }).click();
  await expect(page.getByRole("alert").first()).toContainText("strategies", PATIENT);
});

test("a change of a pool is compared on a recording with what is in force, and nothing is saved", async ({ page }) => {
  await page.goto(`/market-maker/pools/${SYMBOL}/edit`);
  await expect(page.getByLabel("gamma", { exact: true })).toBeVisible(PATIENT);
  await fill(page, { gamma: "0.2" });
  const trial = page.getByRole("region", { name: "Trial" });
  await trial.getByLabel("Recording").selectOption(RECORDING);
  await trial.getByRole("button", { name: "Compare on it" }).click();
  const link = trial.getByRole("link", { name: "gamma: 0.1 → 0.2" });
  await expect(link).toBeVisible(PATIENT);
  page.once("dialog", (dialog) => void dialog.accept()); // the form's change is left unsaved
  await link.click();
  await expect(page.getByRole("status").first()).toContainText("DONE", { timeout: 120_000 * PATIENCE });
  await expect(page.getByRole("main")).toContainText("gamma: 0.1 → 0.2");
  await expect(page.frameLocator("iframe").getByText("proposed").first()).toBeVisible(PATIENT);
});

test("the page of reports breaks nothing of WCAG 2.2 AA in the dark or the light theme", async ({ page }) => {
  await expect(page.getByRole("region", { name: "Reports" })).toBeVisible(PATIENT);
  await cleanInBoth(page);
});
