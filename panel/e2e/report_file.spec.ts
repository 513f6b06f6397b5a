import { pathToFileURL } from "node:url";
import { expect, type Locator, type Page } from "@playwright/test";
import { cleanInBoth, PATIENCE, PATIENT, shot, test } from "./shared";

// Reports as a person opens them: files on a disk, the network cut.
const FOLDER = process.env.REPORTS ?? "";
const KINDS = ["replay", "compare", "estimates", "preview"] as const;

/** Colours of what was drawn; a chart without lines has few. */
const colours = (chart: Locator): Promise<number> => chart.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
  const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
});

const shown = (page: Page, at: number): Locator => page.locator(".shown").nth(at);

async function drag(page: Page, chart: Locator): Promise<void> {
  await chart.scrollIntoViewIfNeeded();
  const box = (await chart.locator(".u-over").boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.3, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, y, { steps: 4 });
  await page.mouse.up();
}

for (const kind of KINDS) {
  test(`${kind}: a report draws its charts and zooms without a network, a request or an error`, async ({ page, context }) => {
    test.setTimeout(60_000 * PATIENCE);
    await context.setOffline(true);
    const asked: string[] = [], wrong: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("console", (message) => wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(error.message));
    const address = pathToFileURL(`${FOLDER}/${kind}.html`).href;
    await page.goto(address);
    const charts = page.locator("[data-chart]");
    await expect(charts.first()).toBeVisible(PATIENT);
    for (const chart of await charts.all()) await expect.poll(() => colours(chart), PATIENT).toBeGreaterThan(3);

    await expect(shown(page, 0)).toHaveText(/^shown: \S+ to \S+$/, PATIENT);
    const all = (await shown(page, 0).textContent())!;
    await drag(page, charts.first());
    await expect(shown(page, 0)).not.toHaveText(all, PATIENT);
    const together = kind !== "preview" && (await charts.count()) > 1;
    if (together) await expect(shown(page, 1)).toHaveText((await shown(page, 0).textContent())!);
    await charts.first().locator(".u-over").dblclick();
    await expect(shown(page, 0)).toHaveText(all);

    await charts.first().focus();
    await page.keyboard.press("+");
    await expect(shown(page, 0)).not.toHaveText(all);
    await page.keyboard.press("0");
    await expect(shown(page, 0)).toHaveText(all);

    await page.getByText("Numbers").first().click();
    await expect(page.locator("details table tr").nth(2)).toBeVisible(PATIENT);
    expect(asked).toEqual([address]);
    expect(wrong).toEqual([]);
  });

  test(`${kind}: a report breaks nothing of WCAG 2.2 AA in either theme`, async ({ page }) => {
    await page.goto(pathToFileURL(`${FOLDER}/${kind}.html`).href);
    await cleanInBoth(page);
    await shot(page, `report-${kind}`);
  });
}
