import { expect } from "@playwright/test";
import { cleanInBoth, PATIENCE, PATIENT, test, watched } from "./shared";

// More pools than a stream sends in full, on a real service: what stops all of them is proved of each, and the page stays live.
const COUNT = 60;
const LAST = `S${String(COUNT - 1).padStart(3, "0")}USDT-PERP`;

test.beforeEach(({ page }) => watched(page));

test("60 pools are paused by one confirmation, each is proved, and the page stays live", async ({ page }) => {
  test.setTimeout(120_000 * PATIENCE);
  await page.goto("/market-maker/pools");
  await page.getByRole("button", { name: "Mark all ACTIVE" }).click(PATIENT);
  await page.getByRole("button", { name: `Pause selected… (${COUNT})` }).click();
  await expect(page.getByRole("alertdialog")).toContainText(`and ${COUNT - 12} more`);
  await page.getByLabel(`Type ${COUNT} pools`).fill(`${COUNT} pools`);
  await page.getByRole("button", { name: "Pause them now" }).click();
  await expect(page.getByText(`✓ PROVED for all ${COUNT}`)).toBeVisible({ timeout: 60_000 * PATIENCE });
  await expect(page.getByTestId(`proof-${LAST}`)).toContainText("✓ PROVED");
  await expect(page.getByText(`${COUNT} of ${COUNT} answered.`)).toBeVisible();
  await cleanInBoth(page);
  await page.keyboard.press("Escape");
  await expect(page.locator("[data-stale=false]")).toBeVisible(PATIENT);
});

test("a kill of all 60 is proved for each of them", async ({ page }) => {
  test.setTimeout(120_000 * PATIENCE);
  await page.goto("/market-maker/emergency");
  await page.getByLabel("Type ALL").fill("ALL", PATIENT);
  await page.getByRole("button", { name: "Kill all now" }).click();
  await expect(page.getByText(`✓ PROVED for all ${COUNT}`)).toBeVisible({ timeout: 60_000 * PATIENCE });
  await expect(page.locator("[data-stale=false]")).toBeVisible(PATIENT);
  await cleanInBoth(page);
});
