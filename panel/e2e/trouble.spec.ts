import { expect, test as plain } from "@playwright/test";
import { alert, Canned, glanceRow, poolLive } from "./canned";
import { clean, cleanInBoth, PATIENCE, PATIENT, SYMBOL, watched } from "./shared";

// What is wrong, since when, for whom and what to do: on each page that an operator opens while something is.
type Desk = { service: Canned; home: string };

const test = plain.extend<{ desk: Desk }>({
  // oxlint-disable-next-line no-empty-pattern
  desk: async ({}, use) => {
    const service = new Canned();
    const port = await service.start();
    await use({ service, home: `http://127.0.0.1:${port}/market-maker` });
    service.stop();
  },
});

const HALT_AT = "2026-11-30T11:33:07.000000Z";
const LONG = "no order can be put on record: the database does not answer: [Errno 111] Connection refused, and this goes on for longer than a line of a table";
const unavailable = (detail: string) => ({ status: 503, body: { type: "unavailable", title: "Dependency unavailable", status: 503, detail } });

test.beforeEach(({ page }) => watched(page));

test("300 pools that are halted are one matter below what made them halt, and are taken by one confirmation, each once", async ({ page, desk: { service, home } }) => {
  test.setTimeout(120_000 * PATIENCE);
  const symbols = Array.from({ length: 300 }, (_, i) => `P${String(i).padStart(3, "0")}USDT-PERP`);
  service.alerts = [
    alert(1_000, SYMBOL, { severity: "WARNING", title: "Orders are unknown", text: "orders whose state the venue has not said", value: "18", threshold: "0", unit: "orders" }),
    ...symbols.map((symbol, id) => alert(id, symbol)),
    alert(2_000, null, { title: "A dependency is down", text: "venue: order service: no answer", what_to_do: "Wait." }),
  ];
  for (const id of symbols.keys()) service.on("POST", `/v1/alerts/${id}/acknowledge`, () => (id === 7 ? { status: 409, body: { title: "Conflict", status: 409, detail: "it is acknowledged already" } } : { body: {} }));
  service.on("GET", "/v1/alerts", () => ({ body: { items: [], next_cursor: null } }));
  await page.goto(`${home}/alerts`);
  const holding = page.getByRole("region", { name: "Alerts that hold" }).getByRole("article");
  await expect(holding).toHaveCount(3, PATIENT);
  await expect(holding.nth(0)).toContainText("service A dependency is down");
  await expect(holding.nth(1)).toContainText("300 pools Pool is halted since 2026-11-30 09:00:00");
  await expect(holding.nth(2)).toContainText("orders whose state the venue has not said. Now 18 orders.");
  await cleanInBoth(page);
  await page.getByRole("button", { name: "Acknowledge all 300: Pool is halted…" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Acknowledge", exact: true }).click();
  await expect(page.getByRole("alertdialog")).toHaveCount(0, PATIENT);
  expect(service.commands).toEqual(symbols.map((_, id) => `POST /v1/alerts/${id}/acknowledge`));
});

test("without the database no page says that all is well or that a list is empty", async ({ page, desk: { service, home } }) => {
  service.records = false;
  service.on("GET", "/v1/alerts", () => unavailable("the database did not answer"));
  service.on("GET", `/v1/mm-orders/${SYMBOL}`, () => unavailable("the database did not answer"));
  service.on("GET", "/v1/instruments", () => unavailable("the database did not answer"));
  await page.goto(`${home}/alerts`);
  await expect(page.getByRole("article", { name: "The database does not answer" })).toContainText("kill and pause work without it", PATIENT);
  await expect(page.getByRole("alert")).toContainText("the database did not answer", PATIENT);
  await expect(page.getByText("nothing calls for an operator")).toHaveCount(0);
  await expect(page.getByText("No alert yet.")).toHaveCount(0);
  await clean(page);
  await page.goto(`${home}/pools`);
  await expect(page.locator(".calls")).toContainText("■ The database does not answer; alerts are those of before", PATIENT);
  await page.goto(`${home}/pools/${SYMBOL}?tab=orders`);
  await expect(page.getByRole("alert").first()).toContainText("the database did not answer", PATIENT);
  await expect(page.getByText("No order fits.")).toHaveCount(0);
  await expect(page.getByText("What the venue takes of orders cannot be read")).toBeVisible(PATIENT);
});

test("the list of pools says who stopped each and when, keeps its stop in sight beside long reasons, and does not move when alerts come", async ({ page, desk: { service, home } }) => {
  test.setTimeout(60_000 * PATIENCE);
  const row = (symbol: string) => page.getByRole("row").filter({ hasText: symbol });
  service.pools = [
    glanceRow(SYMBOL, { silent: LONG, worst_guard: { id: "position", title: "Position limit", used_pct: 189 } }),
    glanceRow("ETHUSDT-PERP", { state: "HALTED", reason: "market data failure", by: "guard", since: HALT_AT, open_orders: 16, unknown_orders: 16, cancel_unconfirmed: true }),
  ];
  for (const width of [1440, 390]) {
    service.alerts = [];
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`${home}/pools`);
    await expect(row("ETHUSDT-PERP")).toContainText("market data failure, by guard since 11:33:07", PATIENT);
    await expect(row("ETHUSDT-PERP")).toContainText("16 unknown, cancels not confirmed");
    const pause = page.getByRole("button", { name: `Pause ${SYMBOL}…` });
    const before = await pause.boundingBox();
    expect(before!.x + before!.width).toBeLessThan(width);
    await expect(page.locator(".calls")).toHaveText("● nothing calls for an operator");
    service.alerts = [alert(1, "ETHUSDT-PERP"), alert(2, null, { title: "A dependency is down", text: "venue: no answer" })];
    await expect(page.locator(".calls")).toHaveText("■ A dependency is down · Pool is halted (ETHUSDT-PERP)", PATIENT);
    expect(await pause.boundingBox()).toEqual(before);
    await clean(page);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  const why = await row(SYMBOL).getByText(LONG).boundingBox();
  expect(why!.x + why!.width).toBeLessThan(1440);
  expect(await row(SYMBOL).getByRole("meter").evaluate((meter: HTMLMeterElement) => meter.value > meter.high && meter.high > meter.low && meter.optimum < meter.low)).toBe(true);
});

test("the page of a pool says which orders are not sure, what alerts it has and what to do", async ({ page, desk: { service, home } }) => {
  service.full[SYMBOL] = poolLive(SYMBOL, {
    state: "HALTED", reason: "market data failure", by: "guard", since: HALT_AT, open_orders: 16, unknown_orders: 16, cancel_unconfirmed: true, book: { best_bid: null, best_bid_size: null, best_ask: null, best_ask_size: null, age_ms: 63_506.07, detail: "stream of BTCUSDT-PERP: no answer in time" },
    orders: [{ order_id: 1, client_order_id: "a", side: "BUY", price: "99.5", size: "0.01", leaves: "0.01", level: 0, state: "UNKNOWN", created_at: HALT_AT, queue_ahead: "0" }],
    members: [{ participant_id: "127264d6", display_name: "Acme Trading Desk", capital_weight_pct: "100", active: false, stopped: "loss limit", position: "0", position_usdt: "0", average_price: null, pnl: null, open_orders: 4, unknown_orders: 4 }],
  });
  service.alerts = [alert(1, SYMBOL), alert(2, "ETHUSDT-PERP", { title: "Engine failed" }), alert(3, null, { title: "A dependency is down", text: "venue: no answer", what_to_do: "Wait." })];
  await page.goto(`${home}/pools/${SYMBOL}`);
  await expect(page.getByText("16 of 16 orders are UNKNOWN")).toBeVisible(PATIENT);
  await expect(page.getByText("NOT PROVED: the venue has not confirmed that no order is left.")).toBeVisible();
  const own = page.getByRole("list", { name: "Alerts of this pool" }).getByRole("listitem");
  await expect(own).toHaveText([/service: A dependency is down since 2026-11-30 09:00:00: venue: no answer. Wait\./, /Pool is halted since .*: market data failure\. Read the reason/]);
  await expect(page.getByRole("region", { name: "Why" })).toContainText("64 s old, stream of BTCUSDT-PERP: no answer in time");
  await expect(page.getByRole("row", { name: /Acme/ })).toContainText("loss limit");
  const state = await page.getByRole("region", { name: "Own orders" }).getByText("? UNKNOWN").boundingBox();
  const box = await page.getByRole("region", { name: "Own orders" }).boundingBox();
  expect(state!.x + state!.width).toBeLessThanOrEqual(box!.x + box!.width);
  await cleanInBoth(page);
});

test("a stop that is asked for before any picture does not say that there are no orders", async ({ page, desk: { service, home } }) => {
  service.speaks = false;
  await page.goto(`${home}/pools/${SYMBOL}`);
  await page.getByRole("button", { name: "Kill… (Shift+K)" }).click();
  await expect(page.getByRole("alertdialog")).toContainText("It has – orders; position – USDT.", PATIENT);
});

test("the state of the service names what it lost, explains each part and marks what is not whole", async ({ page, desk: { service, home } }) => {
  const dependencies = { database: { ready: true, detail: "" }, shared: { ready: true, detail: "REDIS_URL: no answer; each process counts requests by itself" }, "worker 1": { ready: true, detail: "trades BTCUSDT-PERP" }, venue: { ready: false, detail: "order service: no good answer" } };
  service.on("GET", "/health", () => ({ body: { status: "alive", ready: false, dependencies, build: { version: "1", fingerprint: "abc" }, shadow_mode: false, authentication: "off", connected: null } }));
  await page.goto(`${home}/system`);
  await expect(page.getByText("■ not ready: venue. Version 1")).toBeVisible(PATIENT);
  const rows = page.getByRole("region", { name: "Dependencies" }).getByRole("row");
  await expect(rows.nth(1)).toContainText("the exchange: its list of orders■ noorder service");
  await expect(rows.filter({ hasText: "REDIS_URL" })).toContainText("▲ yes, not whole");
  await expect(rows.filter({ hasText: "worker 1" })).toContainText("● yes");
  await clean(page);
});

test("the dashboard of makers says of a pool with another strategy whose it is", async ({ page, desk: { service, home } }) => {
  service.on("GET", `/maker/status/${SYMBOL}`, () => ({ status: 404, body: { type: "not-found", title: "Not found", status: 404, detail: "Symbol not found", trace_id: "1" } }));
  await page.goto(`${home}/maker/${SYMBOL}`);
  await expect(page.getByText(`${SYMBOL} was not started by the smart engine`)).toBeVisible(PATIENT);
  await expect(page.getByText("Symbol not found")).toHaveCount(0);
});

test("a kill of all says of how many it is proved, and of which it is not", async ({ page, desk: { service, home } }) => {
  const symbols = [SYMBOL, "ETHUSDT-PERP"];
  service.pools = symbols.map((symbol) => glanceRow(symbol));
  service.on("POST", "/v1/mm/emergency/kill", () => ({ body: { action: "kill", at: "2026-11-30T12:00:00.000000Z", recorded: true, pools: symbols.map((symbol) => ({ symbol, state: "HALTED", error: "" })) } }));
  const stopped = (symbol: string, change: object): void => { service.pools = service.pools.map((pool) => ((pool as { symbol: string }).symbol === symbol ? glanceRow(symbol, { state: "HALTED", open_orders: 0, last_look: "2026-11-30T12:00:01.000000Z", ...change }) : pool)); };
  await page.goto(`${home}/emergency`);
  await page.getByLabel("Type ALL").fill("all");
  stopped(SYMBOL, {});
  stopped("ETHUSDT-PERP", { open_orders: 2, unknown_orders: 2 });
  await page.getByRole("button", { name: "Kill all now" }).click();
  await expect(page.getByText("NOT PROVED for 1 of 2: ETHUSDT-PERP")).toBeVisible(PATIENT);
  stopped("ETHUSDT-PERP", {});
  await expect(page.getByText("✓ PROVED for all 2: the venue lists nothing")).toBeVisible(PATIENT);
});

test("a pause that the service refuses for the pace of its caller is sent again, and one that it refuses for another cause is named", async ({ page, desk: { service, home } }) => {
  const symbols = Array.from({ length: 60 }, (_, i) => `P${String(i).padStart(2, "0")}USDT-PERP`);
  service.pools = symbols.map((symbol) => glanceRow(symbol, { last_look: "2026-11-30T12:00:01.000000Z", open_orders: 0 }));
  let refused = 0;
  for (const symbol of symbols) {
    service.on("POST", `/v1/pools/${symbol}/pause`, () => {
      if (symbol === symbols[7]) return { status: 409, body: { type: "conflict", title: "Conflict", status: 409, detail: "its worker is away" } };
      if (refused < 5) { refused++; return { status: 429, body: { type: "too-many-requests", title: "Too many requests", status: 429, detail: "come back in 1 s" } }; }
      return { body: {} };
    });
  }
  await page.goto(`${home}/pools`);
  await page.getByRole("button", { name: "Mark all ACTIVE" }).click();
  await page.getByRole("button", { name: "Pause selected… (60)" }).click();
  await page.getByLabel("Type 60 pools").fill("60 pools");
  await page.getByRole("button", { name: "Pause them now" }).click();
  const dialog = page.getByRole("alertdialog");
  await expect(dialog.getByText("59 of 60 answered.")).toBeVisible(PATIENT);
  await expect(dialog.getByText(`NOT PROVED for 1 of 60: ${symbols[7]!}`)).toBeVisible(PATIENT);
  await expect(page.getByTestId(`proof-${symbols[7]!}`)).toContainText("not stopped: its worker is away");
  expect(refused).toBe(5);
});

test("the focus is not lost: with a row that goes out of sight, a button that was pressed, or a dialog that ends", async ({ page, desk: { service, home } }) => {
  const symbols = Array.from({ length: 300 }, (_, i) => `P${String(i).padStart(3, "0")}USDT-PERP`);
  service.pools = symbols.map((symbol) => glanceRow(symbol, { net_position_usdt: "0" }));
  service.on("POST", `/v1/pools/${symbols[0]!}/pause`, () => ({ status: 409, body: { type: "conflict", title: "Conflict", status: 409, detail: "its worker is away" } }));
  await page.goto(`${home}/pools`);
  const pause = page.getByRole("button", { name: `Pause ${symbols[0]!}…` });
  await pause.press("Enter");
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("button", { name: "Pause now" }).press("Enter");
  await expect(dialog).toBeFocused(PATIENT);
  await page.keyboard.press("Escape");
  await expect(pause).toBeFocused(PATIENT);
  await page.getByLabel(`Mark ${symbols[0]!}`).press("Space");
  await page.getByRole("button", { name: "Pause selected… (1)" }).press("Enter");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: "CSV" })).toBeFocused(PATIENT); // nothing is marked any more: what comes next
  await pause.focus();
  service.pools = symbols.map((symbol, i) => glanceRow(symbol, i ? { state: "HALTED" } : {})); // the worst come first
  await expect(page.getByRole("region", { name: "Pools" })).toBeFocused(PATIENT);
});
