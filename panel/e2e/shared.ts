import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test as plain, type Page } from "@playwright/test";
import type { AxeResults, ElementContext, RunOptions } from "axe-core";

// What every spec needs: a pool that quotes, patience on a loaded machine, and the judge of accessibility.
export const SYMBOL = "BTCUSDT-PERP";
const WCAG = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
/** Rules that look at colours: the others see the same in either theme, which differ in colours alone. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// A loaded machine is slower in all it does; by hand the figures hold as they stand.
export const PATIENCE = Number(process.env.PANEL_PATIENCE ?? 1);
export const PATIENT = { timeout: 20_000 * PATIENCE };

/** For whoever looks for a click that comes before its data: the browser computes this many times slower, and every answer is as many quarters of a second late. */
const SLOWER = Number(process.env.PANEL_SLOWER ?? 1);
const LATE_MS = 250;

export const test = plain.extend({
  page: async ({ page }, use) => {
    if (SLOWER > 1) {
      const session = await page.context().newCDPSession(page);
      await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", { offline: false, latency: SLOWER * LATE_MS, downloadThroughput: -1, uploadThroughput: -1 });
    }
    await use(page);
  },
});

declare const axe: { run: (context: ElementContext, options: RunOptions) => Promise<AxeResults> };

async function judged(page: Page, runOnly: RunOptions["runOnly"], apart?: string): Promise<void> {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  const found = await page.evaluate(async ([options, except]) => {
    const { violations } = await axe.run(except ? { exclude: [[except]] } : document, options as RunOptions);
    return violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" | ")}`);
  }, [{ runOnly, resultTypes: ["violations"] } as RunOptions, apart] as const);
  expect(found).toEqual([]);
}

/** apart: what is not judged, as a frame that runs no script, which the judge needs. */
export const clean = (page: Page, apart?: string): Promise<void> => judged(page, { type: "tag", values: WCAG }, apart);

/** In either theme, without leaving the page. */
export async function cleanInBoth(page: Page, apart?: string): Promise<void> {
  await page.emulateMedia({ colorScheme: "dark" });
  await clean(page, apart);
  await page.emulateMedia({ colorScheme: "light" });
  await judged(page, { type: "rule", values: OF_COLOURS }, apart);
}

const OF_THE_POLICY = /Content Security Policy|TrustedHTML|TrustedScript/;

/** An error of a script, and a breach of the content policy, fail the test wherever they happen in it. */
export function watched(page: Page): void {
  page.on("pageerror", (error) => { throw error; });
  page.on("console", (line) => { if (OF_THE_POLICY.test(line.text())) throw new Error(line.text()); });
}

/** Every part of the page has its first data, and the caller's roles are known. */
export async function ready(page: Page): Promise<void> {
  await expect(page.locator("h1")).toBeVisible(PATIENT);
  await expect(page.locator("[data-waiting], [data-allowed=unknown]")).toHaveCount(0, PATIENT);
}

/** Sets a pool going again that the service itself paused: it does where a stalled disk lets no order get on record for ten seconds. */
export async function unstalled(page: Page, symbol = SYMBOL): Promise<void> {
  const answer = await page.request.get(`/v1/pools/${symbol}/status`);
  if (!answer.ok()) return;
  const { state, by } = (await answer.json()) as { state: string; by: string };
  if (state === "PAUSED" && by === "service") await page.request.post(`/v1/pools/${symbol}/resume`);
}

export async function openPool(page: Page): Promise<void> {
  await page.goto(`/market-maker/pools/${SYMBOL}`);
  await expect(page.locator("[data-stale=false]")).toBeVisible(PATIENT);
  await expect(page.locator("[data-old=false]").first()).toBeVisible(PATIENT); // the pool's first picture is there
}

export async function fill(page: Page, values: Record<string, string>): Promise<void> {
  for (const [field, value] of Object.entries(values)) await page.getByLabel(field, { exact: true }).fill(value);
}

/** A picture for the documents, where a folder for them is named. */
export async function shot(page: Page, name: string): Promise<void> {
  if (process.env.PANEL_SHOTS) await page.screenshot({ path: `${process.env.PANEL_SHOTS}/panel-${name}.png` });
}
