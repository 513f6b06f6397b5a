import { expect, test as plain, type Page } from "@playwright/test";
import { Canned, glanceRow, instrument, NOW, poolLive } from "./canned";
import { clean, PATIENCE, PATIENT, SYMBOL, watched } from "./shared";

// What a desk meets at night and a real service cannot be brought to: clocks that are wrong, networks that are gone, numbers and names at their ends.
type Desk = { service: Canned; home: string; port: number };

const test = plain.extend<{ desk: Desk }>({
  // oxlint-disable-next-line no-empty-pattern
  desk: async ({}, use) => {
    const service = new Canned();
    const port = await service.start();
    await use({ service, port, home: `http://127.0.0.1:${port}/market-maker` });
    service.stop();
  },
});

const live = (page: Page) => expect(page.locator("[data-stale=false]").first()).toBeVisible(PATIENT);
const stale = (page: Page) => expect(page.locator("[data-stale=true]").first()).toBeVisible(PATIENT);
const sideways = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

test.beforeEach(({ page }) => watched(page));

test("a clock that is set back by a minute makes nothing fresh, and the time that is shown is the service's", async ({ page, desk: { service, home } }) => {
  await page.goto(`${home}/pools`);
  await live(page);
  await expect(page.locator(".clock")).toHaveText(/^12:0\d:\d\d UTC$/, PATIENT);
  service.speaks = false;
  await page.evaluate(() => { const real = Date.now.bind(Date); Date.now = () => real() - 60_000; });
  await stale(page);
  await expect(page.locator(".stripe").first()).toContainText("⚠ OLD DATA");
  service.speaks = true;
  await live(page);
  await expect(page.locator(".stripe").first()).not.toContainText("OLD DATA");
});

test("a connection that was cut on the way, of which the browser hears nothing, is made anew", async ({ page, desk: { service, home } }) => {
  test.setTimeout(60_000 * PATIENCE);
  await page.goto(`${home}/pools`);
  await live(page);
  const before = service.streamsOpened;
  service.speaks = false;
  await stale(page);
  await expect.poll(() => service.streamsOpened, { timeout: 30_000 * PATIENCE }).toBeGreaterThan(before);
  service.speaks = true;
  await live(page);
});

test("a command that is given while the browser has no network is not sent later", async ({ page, context, desk: { service, home } }) => {
  await page.goto(`${home}/pools/${SYMBOL}`);
  await live(page);
  await context.setOffline(true);
  await page.keyboard.press("Shift+K");
  await page.getByLabel(`Type ${SYMBOL}`).fill(SYMBOL.toLowerCase());
  await page.getByRole("button", { name: "Kill now" }).click();
  await expect(page.getByRole("alertdialog")).toContainText("NOT PROVED: the command is sent, no answer yet", PATIENT);
  await context.setOffline(false);
  await expect(page.getByRole("alertdialog")).toContainText("is ACTIVE: the command did not arrive", PATIENT);
  expect(service.commands).toEqual([]);
  service.on("POST", `/v1/pools/${SYMBOL}/halt`, () => {
    service.full[SYMBOL] = poolLive(SYMBOL, { state: "HALTED", open_orders: 0, last_look: "2026-11-30T12:00:01.000000Z" });
    return { body: {} };
  });
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Kill now" }).click();
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("✓ PROVED", PATIENT);
  service.full[SYMBOL] = poolLive(SYMBOL, { by: "bob", since: "2026-11-30T12:00:09.000000Z" });
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("NOT PROVED: bob started it again at 12:00:09 UTC", PATIENT);
});

test("a service that is gone leaves nothing that looks as if it were well, and every page can still be opened", async ({ page, desk: { service, home } }) => {
  test.setTimeout(120_000 * PATIENCE);
  const asked: string[] = [];
  page.on("requestfinished", (request) => asked.push(request.url()));
  await page.goto(`${home}/system`);
  await expect(page.getByText("● ready")).toBeVisible(PATIENT);
  for (const file of ["Settlements", "Maker", "Reports"]) await expect.poll(() => asked.some((url) => url.includes(`/assets/${file}-`) && url.endsWith(".js")), PATIENT).toBe(true);
  service.on("GET", "/health", () => undefined);
  await expect(page.getByText("What follows is old")).toBeVisible(PATIENT);
  await expect(page.locator(".old").filter({ hasText: "● ready" })).toBeVisible();
  service.stop();
  await stale(page);
  for (const name of ["Emergency", "Settlements", "Maker", "Reports", "Pools"]) {
    await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
    await expect(page.locator("h1")).toBeVisible(PATIENT);
    await expect(page.locator(".stripe").first()).toContainText("⚠ OLD DATA");
  }
});

test("a start that waits for a pool's picture can be left, and says what it waits for", async ({ page, desk: { service, home } }) => {
  service.pools = [glanceRow(SYMBOL, { state: "PAUSED" })];
  service.full = {};
  await page.goto(`${home}/pools`);
  await page.getByRole("button", { name: `Start ${SYMBOL}…` }).click();
  await expect(page.getByRole("alertdialog")).toContainText(`Waiting for ${SYMBOL}`);
  await clean(page);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("alertdialog")).toHaveCount(0);
});

test("a command without an answer says so on its button", async ({ page, desk: { service, home } }) => {
  service.full[SYMBOL] = poolLive(SYMBOL, { state: "PAUSED" });
  service.on("POST", `/v1/pools/${SYMBOL}/resume`, () => new Promise(() => {}));
  await page.goto(`${home}/pools/${SYMBOL}`);
  await page.getByRole("button", { name: "Start…" }).click();
  await page.getByRole("button", { name: "Start quoting" }).click();
  await expect(page.getByRole("button", { name: "Start quoting sent, no answer yet" })).toBeDisabled(PATIENT);
});

test("a pool that is none says so and names the nearest", async ({ page, desk: { home } }) => {
  for (const part of ["pools", "maker"]) {
    await page.goto(`${home}/${part}/btcusdt`);
    await expect(page.getByText("There is no pool btcusdt.")).toBeVisible(PATIENT);
    await expect(page.locator("[data-waiting]")).toHaveCount(0);
    await page.getByRole("main").getByRole("link", { name: SYMBOL }).click();
    await expect(page.locator("h1")).toHaveText(SYMBOL, PATIENT);
  }
});

test("the limits of the exchange stand in the list of instruments, on the pool's page and where a side is silent for one", async ({ page, desk: { service, home } }) => {
  const limits = { min_size: "0.01", max_size: "50", max_notional: "1000000", price_band_up: "0.05", price_band_down: "0.02", max_open_orders: 40 };
  service.on("GET", "/v1/instruments", () => ({ body: { items: [instrument(SYMBOL, limits), instrument("ETHUSDT-PERP")] } }));
  service.full[SYMBOL] = poolLive(SYMBOL, { ask: { quoting: false, reason: "as many open orders of the account as the venue takes", limit: "max_open_orders 40", price: null, size: "0", live_orders: 0 } });
  await page.goto(`${home}/system`);
  const row = (symbol: string) => page.getByRole("region", { name: "Instruments" }).getByRole("row", { name: new RegExp(symbol) });
  await expect(row(SYMBOL)).toContainText(/0\.01.*50.*1\u202f000\u202f000.*5 %.*2 %.*40/, PATIENT);
  await expect(row("ETHUSDT-PERP")).toContainText("none");
  await clean(page);
  await page.goto(`${home}/pools/${SYMBOL}`);
  await expect(page.locator("p.ask")).toHaveText("ask SILENT: as many open orders of the account as the venue takes (max_open_orders 40)", PATIENT);
  await expect(page.getByTestId("taken")).toContainText("min_size 0.01, max_size 50, min_notional 5, max_notional 1\u202f000\u202f000, price_band_up 5 %, price_band_down 2 %, max_open_orders 40", PATIENT);
  await page.getByRole("tab", { name: "orders" }).click();
  await expect(page.getByTestId("taken")).toContainText("max_size 50", PATIENT);
});

const LARGE = "-1234567890123.45";
const NAME = "Østre Fondsmæglerselskab 東京マーケット مكتب التداول אבגדה 🏦 with a name that does not end";

test("numbers at their ends and names of all scripts are shown whole, at a desk and on a phone, in the dark and the light", async ({ page, desk: { service, home } }) => {
  test.setTimeout(120_000 * PATIENCE);
  const coin = "1000000000000SHIBINUELONUSDT-PERPETUAL";
  const price = (text: string) => ({ quoting: true, reason: "quoting", limit: "", price: text, size: "1000000000000", live_orders: 2 });
  service.pools = [glanceRow(coin, { net_pnl_usdt: LARGE, day_net_pnl_usdt: LARGE, net_position_usdt: LARGE, drawdown_usdt: LARGE, silent: "bid: order below the minimum notional or one lot (min_notional 5, lot 0.001)", reason: NAME })];
  service.full = {
    [coin]: poolLive(coin, {
      bid: price("0.00000001"), ask: price("0.00000003"), reason: NAME, by: NAME, net_position: "-1000000000000", net_position_usdt: LARGE, day_net_pnl_usdt: LARGE, drawdown_usdt: LARGE, pnl: { realised: LARGE, unrealised: "0", fees: "0", funding: "0", net: LARGE },
      estimates: { fair: "0.00000002", mid: "0.00000002", sigma_bps: 1e-9, spread_bps: 1e7, clamp: "inside" },
      members: [{ participant_id: NAME, display_name: NAME, capital_weight_pct: "100", active: true, stopped: "", position: "-1000000000000", position_usdt: LARGE, average_price: 1e-8, pnl: { realised: LARGE, unrealised: "0", fees: "0", funding: "0", net: LARGE }, open_orders: 4, unknown_orders: 0 }],
    }),
  };
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 844 });
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${home}/pools`);
      await expect(page.getByRole("row", { name: new RegExp(coin) })).toContainText("\u22121\u202f234\u202f567\u202f890\u202f123.45", PATIENT);
      expect(await sideways(page)).toBeLessThanOrEqual(0);
      await page.goto(`${home}/pools/${coin}`);
      await expect(page.locator("p.bid")).toContainText("0.00000001 × 1\u202f000\u202f000\u202f000\u202f000", PATIENT);
      await page.locator("figure.chart summary").first().click();
      await expect(page.locator("figure.chart details table").first()).toContainText("0.00000001", PATIENT);
      await expect(page.getByText("today net \u22121\u202f234\u202f567\u202f890\u202f123.45 USDT")).toBeVisible();
      expect(await sideways(page)).toBeLessThanOrEqual(0);
      await clean(page);
    }
  }
});

test("over plain http from another machine, where a browser lends less, forms open and a text can be copied by hand", async ({ page, desk: { service, port } }) => {
  service.on("POST", "/v1/pools", () => ({ status: 409, body: { title: "Conflict", status: 409, detail: "it exists", trace_id: "0af7651916cd43dd8448eb211c80319c" } }));
  const far = `http://desk.test:${port}/market-maker`;
  await page.goto(`${far}/pools/new`);
  expect(await page.evaluate(() => [isSecureContext, "randomUUID" in crypto])).toEqual([false, false]);
  await expect(page.getByLabel("gamma", { exact: true })).toBeVisible(PATIENT);
  await page.getByLabel("symbol", { exact: true }).fill(SYMBOL);
  await page.getByRole("button", { name: "Create pool" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "it exists" })).toBeVisible(PATIENT);
  await page.getByRole("button", { name: "Copy trace" }).click();
  await expect(page.getByLabel("copy it by hand")).toHaveValue("0af7651916cd43dd8448eb211c80319c");
});

test("forty pools are walked by keys alone: every row and its page", async ({ page, desk: { service, home } }) => {
  test.setTimeout(60_000 * PATIENCE);
  const symbols = Array.from({ length: 40 }, (_, i) => `P${String(i).padStart(2, "0")}USDT-PERP`);
  service.pools = symbols.map((symbol) => glanceRow(symbol));
  service.full = Object.fromEntries(symbols.map((symbol) => [symbol, poolLive(symbol)]));
  await page.goto(`${home}/pools`);
  await expect(page.getByRole("link", { name: symbols[39]! })).toBeVisible(PATIENT);
  for (const symbol of symbols) {
    await page.keyboard.press("j");
    await expect(page.getByRole("link", { name: symbol })).toBeFocused();
  }
  await page.keyboard.press("Enter");
  await expect(page.locator("h1")).toHaveText(symbols[39]!, PATIENT);
  await page.goBack();
  await page.getByRole("button", { name: "Mark all ACTIVE" }).click();
  await page.getByRole("button", { name: "Pause selected… (40)" }).click();
  await page.setViewportSize({ width: 390, height: 844 });
  await clean(page);
  expect(await sideways(page)).toBeLessThanOrEqual(0);
  await page.getByRole("button", { name: "Close" }).click();
});

test("a filter by a day says when it is not used", async ({ page, desk: { service, home } }) => {
  service.on("GET", "/v1/performance/leaderboard", () => ({ body: { since: NOW, until: NOW, provisional: false, formula: "", names: {}, rows: [] } }));
  await page.goto(`${home}/leaderboard`);
  await page.getByLabel("Since (UTC day)").fill("30.11.2026");
  await expect(page.getByText("not used yet: a day is written 2026-11-30")).toBeVisible(PATIENT);
  await page.getByLabel("Since (UTC day)").fill("2026-11-30");
  await expect(page.getByText("not used yet")).toHaveCount(0);
});
