import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

// What every spec needs: a pool that quotes, patience on a loaded machine, and the judge of accessibility.
export const SYMBOL = "BTCUSDT-PERP";
const WCAG = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
// A loaded machine is slower in all it does; by hand the figures hold as they stand.
export const PATIENCE = Number(process.env.PANEL_PATIENCE ?? 1);
export const PATIENT = { timeout: 20_000 * PATIENCE };

/** apart: what is not judged, as a frame that runs no script, which the judge needs. */
export async function clean(page: Page, apart?: string): Promise<void> {
  const judge = new AxeBuilder({ page }).withTags(WCAG);
  const found = await (apart ? judge.exclude(apart) : judge).analyze();
  expect(found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
}

export async function openPool(page: Page): Promise<void> {
  await page.goto(`/market-maker/pools/${SYMBOL}`);
  await expect(page.locator("[data-stale=false]")).toBeVisible(PATIENT);
  await expect(page.locator("[data-old=false]")).toBeVisible(PATIENT); // the pool's first picture is there
}

export async function fill(page: Page, values: Record<string, string>): Promise<void> {
  for (const [field, value] of Object.entries(values)) await page.getByLabel(field, { exact: true }).fill(value);
}

/** A picture for the documents, where a folder for them is named. */
export async function shot(page: Page, name: string): Promise<void> {
  if (process.env.PANEL_SHOTS) await page.screenshot({ path: `${process.env.PANEL_SHOTS}/panel-${name}.png` });
}
