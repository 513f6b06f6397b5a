import { expect } from "@playwright/test";
import { cleanInBoth, fill, PATIENCE, PATIENT, test, watched } from "./shared";

// The smart engine's dashboard on a symbol that no pool has yet.
const MAKER = "SOLUSDT-PERP";

test.beforeEach(({ page }) => {
  watched(page);
});

test("a symbol is started, shown and stopped on the dashboard, and the stop is proved", async ({ page }) => {
  test.setTimeout(120_000 * PATIENCE);
  await page.goto("/market-maker/maker");
  await expect(page.getByText("No symbol was started yet.")).toBeVisible(PATIENT);
  await page.getByRole("button", { name: "Start a symbol…" }).click();
  await fill(page, { Symbol: MAKER, "Max position, base currency": "10", "Max loss, USDT": "5" });
  await page.getByRole("button", { name: "Start making" }).click();
  await expect(page.getByRole("alert")).toContainText("max_loss", PATIENT);
  await fill(page, { "Max loss, USDT": "-500.0" });
  await page.getByRole("button", { name: "Start making" }).click();
  const row = page.getByRole("region", { name: "Symbols" }).getByRole("row", { name: new RegExp(MAKER) });
  await expect(row.getByRole("cell").nth(1)).toHaveText(/ACTIVE$/, PATIENT);
  await expect(row.getByRole("cell").nth(2)).toContainText("×", PATIENT); // a bid, from the stream
  await expect(row).toContainText("● position normal", PATIENT);
  await expect(page.getByRole("region", { name: "Performance" }).getByRole("row", { name: new RegExp(MAKER) })).toContainText("bps", PATIENT);
  await row.getByRole("link", { name: MAKER }).click();
  await expect(page.getByRole("region", { name: "Quotes" }).getByRole("img")).toHaveAccessibleName(/best bid/, PATIENT);
  await expect(page.getByRole("region", { name: "Depth with own orders" })).toContainText("▮", PATIENT);
  await expect(page.getByRole("figure").filter({ hasText: "Inventory with rebalance signals" })).toBeVisible();
  await expect(page.getByRole("figure").filter({ hasText: "drawdown below its peak" })).toBeVisible();
  await page.getByRole("button", { name: "Stop…" }).click();
  await page.getByLabel(`Type ${MAKER}`).fill(MAKER);
  await page.getByRole("button", { name: "Stop now" }).click();
  await expect(page.getByTestId(`proof-${MAKER}`)).toContainText("✓ PROVED", PATIENT);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.locator("h1 + .badge")).toHaveText(/PAUSED$/, PATIENT);
});

test("the dashboard and its dialogs break no rule of WCAG 2.2 AA in the dark or the light theme", async ({ page }) => {
  test.setTimeout(180_000 * PATIENCE);
  await page.goto(`/market-maker/maker/${MAKER}`);
  await expect(page.getByRole("region", { name: "Depth with own orders" })).toBeVisible(PATIENT);
  await cleanInBoth(page);
  await page.getByRole("button", { name: "Stop…" }).click();
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await cleanInBoth(page);
  await page.goto("/market-maker/maker");
  await expect(page.getByRole("region", { name: "Symbols" })).toBeVisible(PATIENT);
  await cleanInBoth(page);
  await page.getByRole("button", { name: "Start a symbol…" }).click();
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await cleanInBoth(page);
});
