import { readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { clean, cleanInBoth, fill, openPool, PATIENCE, PATIENT, ready, shot, SYMBOL, test, unstalled, watched } from "./shared";

// A night at the desk, by clicking only, on a real service with one pool of three members that quotes.
const servicePid = Number(process.env.SERVICE_PID);
const PAGES = ["pools", "pools/new", `pools/${SYMBOL}`, `pools/${SYMBOL}/edit`, "participants", "members", "alerts", "reports", "maker", "settlements", "leaderboard", `performance/${SYMBOL}`, "analytics", "audit", "system", "emergency"];

test.beforeEach(async ({ page }) => {
  watched(page);
  await unstalled(page);
});

test("no page breaks WCAG 2.2 AA in the dark or the light theme, or the content policy", async ({ page }) => {
  test.setTimeout(240_000 * PATIENCE);
  for (const path of PAGES) {
    await page.goto(`/market-maker/${path}`);
    await ready(page);
    await cleanInBoth(page);
  }
  await openPool(page);
  await page.getByRole("button", { name: "Pause…" }).click();
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await cleanInBoth(page);
});

test("the pools page names each pool's state", async ({ page }) => {
  await page.goto("/market-maker/pools");
  const row = page.getByRole("row", { name: new RegExp(SYMBOL) });
  await expect(row.getByRole("cell").nth(1)).toHaveText(/ACTIVE$/, PATIENT);
  await expect(row.getByRole("cell").nth(5)).not.toHaveText("0", PATIENT);
  await shot(page, "pools");
  const venue = page.getByRole("columnheader", { name: "Venue" });
  await page.getByText("Columns", { exact: true }).click();
  await page.getByRole("checkbox", { name: "Venue", exact: true }).uncheck();
  await expect(venue).toHaveCount(0);
  await page.reload(); // this browser keeps the choice
  await expect(page.getByText("Columns (1 hidden)")).toBeVisible(PATIENT);
  await expect(venue).toHaveCount(0);
  await page.getByText("Columns (1 hidden)").click();
  await page.getByRole("checkbox", { name: "Venue", exact: true }).check();
  await expect(venue).toBeVisible();
  await page.getByText("Columns", { exact: true }).click();
  const mark = page.getByRole("button", { name: "Mark all ACTIVE" });
  await expect(mark).toBeEnabled();
  await page.getByRole("combobox", { name: "State" }).selectOption("HALTED");
  await expect(page.getByText("No pool fits the search.")).toBeVisible(PATIENT);
  await expect(mark).toBeDisabled(); // nothing to mark
});

test("a pause wants the symbol typed, is proved by the venue, and a start brings quotes back", async ({ page }) => {
  test.setTimeout(90_000 * PATIENCE);
  await openPool(page);
  await page.getByRole("button", { name: "Pause…" }).click();
  await page.getByLabel("Reason, for the audit log").fill("end to end");
  await page.getByLabel(`Type ${SYMBOL}`).fill(SYMBOL);
  const sent: string[] = [];
  page.on("request", (request) => { if (request.url().endsWith("/pause")) sent.push(request.headers().traceparent ?? ""); });
  await page.getByRole("button", { name: "Pause now" }).dblclick();
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("✓ PROVED", PATIENT);
  await expect(page.getByRole("alertdialog")).toContainText("the venue was asked: 0 open, 0 unknown");
  expect(sent).toHaveLength(1); // a double click is one command, and its trace is on the screen
  await expect(page.getByRole("alertdialog")).toContainText(sent[0]!.split("-")[1]!);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.locator("h1 + .badge")).toHaveText(/PAUSED$/);
  await page.getByRole("button", { name: "Start…" }).click();
  await page.getByRole("button", { name: "Start quoting" }).click();
  await expect(page.locator("h1 + .badge")).toHaveText(/ACTIVE$/, PATIENT);
  await expect(page.locator("p.ask")).toContainText("quoting", PATIENT);
  await expect(page.getByRole("region", { name: "Own orders" }).getByRole("row").nth(4)).toBeVisible(PATIENT);
  await shot(page, "pool");
});

test("several pools are paused by one confirmation, each proved by itself, and the search stands in the address", async ({ page }) => {
  test.setTimeout(90_000 * PATIENCE);
  await page.goto("/market-maker/pools?q=btc&state=ACTIVE");
  await expect(page.getByLabel("Search")).toHaveValue("btc");
  await expect(page.locator("[data-stale=false]")).toBeVisible(PATIENT);
  await expect(page.getByRole("button", { name: "Pause selected…" })).toBeDisabled();
  await page.getByRole("button", { name: "Mark all ACTIVE" }).click();
  await expect(page.getByLabel(`Mark ${SYMBOL}`)).toBeChecked();
  await page.getByRole("button", { name: "Mark none" }).click();
  await page.getByLabel(`Mark ${SYMBOL}`).check();
  await page.getByRole("button", { name: "Pause selected… (1)" }).click();
  await clean(page);
  await expect(page.getByRole("button", { name: "Pause them now" })).toBeDisabled();
  await page.getByLabel("Type 1 pool").fill("1 pool");
  await page.getByRole("button", { name: "Pause them now" }).click();
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("✓ PROVED", PATIENT);
  await page.getByRole("button", { name: "Close" }).click();
  await openPool(page);
  await expect(page.locator("h1 + .badge")).toHaveText(/PAUSED$/);
  await page.getByRole("button", { name: "Start…" }).click();
  await page.getByRole("button", { name: "Start quoting" }).click();
  await expect(page.locator("h1 + .badge")).toHaveText(/ACTIVE$/, PATIENT);
});

test("keys move between pages and rows, find the search and list themselves; none acts while text is typed or once they are off", async ({ page }) => {
  await page.goto("/market-maker/alerts");
  await expect(page.locator("h1")).toHaveText("Alerts");
  const go = async (): Promise<void> => { await page.keyboard.press("g"); await page.keyboard.press("p"); };
  // The second key counts within a second of the first, and a loaded machine may press it later.
  const gone = async (): Promise<void> => expect(async () => { await go(); await expect(page.locator("h1")).toHaveText("Pools"); }).toPass(PATIENT);
  await gone();
  await expect(page.getByRole("link", { name: SYMBOL })).toBeVisible(PATIENT);
  await page.keyboard.press("/");
  await expect(page.getByLabel("Search")).toBeFocused();
  await page.keyboard.type("g?j");
  await expect(page.getByLabel("Search")).toHaveValue("g?j");
  await page.getByLabel("Search").fill("");
  await page.getByLabel("Search").blur();
  await page.keyboard.press("j");
  await expect(page.getByRole("region", { name: "Pools" }).getByRole("link").first()).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("h1")).toHaveText(/-PERP$/, PATIENT);
  await page.keyboard.press("?");
  const keys = page.getByRole("alertdialog", { name: "Keys" });
  await expect(keys).toContainText("the kill dialog");
  await clean(page);
  await keys.getByLabel("These keys work").uncheck();
  await page.keyboard.press("Escape");
  await expect(keys).toBeHidden();
  const here = page.url();
  await go();
  await page.getByRole("button", { name: "Keys" }).click();
  await keys.getByLabel("These keys work").check();
  expect(page.url()).toBe(here); // a dialog was opened and used since: a page that went would be gone
  await page.keyboard.press("Escape");
  await expect(keys).toBeHidden();
  await gone();
});

test("an order and a fill are explained by their numbers: the turn that placed the one, the turn that took the other", async ({ page }) => {
  test.setTimeout(120_000 * PATIENCE);
  await page.goto(`/market-maker/pools/${SYMBOL}?tab=orders&sort=at`); // the first of all stays where it is while others come
  const order = page.getByRole("region", { name: "Orders" }).getByRole("link", { name: /^order \d+$/ }).first();
  const number = /\d+/.exec((await order.textContent(PATIENT)) ?? "")![0];
  await page.getByRole("link", { name: `order ${number}`, exact: true }).click();
  await expect(page.getByText(`The turn that placed order ${number}.`)).toBeVisible(PATIENT);
  await expect(page.getByRole("region", { name: "Sent" }).getByRole("row").filter({ hasText: "place" }).filter({ hasText: number }).first()).toBeVisible();
  await page.getByRole("button", { name: "◂ turn before" }).click();
  await expect(page.getByText("The turn that placed")).toHaveCount(0, PATIENT);
  await page.goto(`/market-maker/pools/${SYMBOL}?tab=fills`);
  await page.getByRole("region", { name: "Fills" }).getByRole("link", { name: /^fill \d+$/ }).last().click({ timeout: 60_000 * PATIENCE });
  await expect(page.getByText(/The turn that took fill \d+/)).toBeVisible(PATIENT);
  await expect(page.getByRole("region", { name: "Events of the turn" })).toContainText("Fill");
  await clean(page);
  await page.getByLabel("Number of an order or a fill").fill(number);
  await page.getByRole("button", { name: "Find the order" }).click();
  await expect(page.getByText(`The turn that placed order ${number}.`)).toBeVisible(PATIENT);
});

test("a pool is created and changed by clicking, and a bad value is named at its field", async ({ page }) => {
  test.setTimeout(90_000 * PATIENCE);
  await page.goto("/market-maker/pools/new");
  await fill(page, { symbol: "ETHUSDT-PERP", gamma: "0.1", kappa: "1.5", num_levels: "2", level_spacing_bps: "5", min_spread_bps: "5", max_spread_bps: "50", order_size_usdt: "500", max_pool_position_usdt: "50000", max_pool_loss_usdt: "-1" });
  await page.getByText("All other fields").click();
  await fill(page, { enabled: "true", vol_lookback_seconds: "300", tau: "1", check_staleness: "true", staleness_threshold_ms: "2000", quote_interval_ms: "100", price_threshold_bps: "1" });
  await page.getByRole("button", { name: "Create pool" }).click();
  await expect(page.getByRole("alert").last()).toContainText("max_pool_loss_usdt", PATIENT); // the preview says it, too
  await fill(page, { max_pool_loss_usdt: "2000" });
  await page.getByRole("button", { name: "Create pool" }).click();
  await expect(page.locator("h1")).toHaveText("ETHUSDT-PERP", PATIENT);
  await page.getByRole("link", { name: "Edit" }).click();
  await fill(page, { gamma: "0.2" });
  await expect(page.getByRole("region", { name: "Differences" })).toContainText("gamma: 0.1 → 0.2");
  await page.getByRole("button", { name: /Save as version/ }).click();
  await expect(page.locator("h1")).toHaveText("ETHUSDT-PERP", PATIENT);
  await page.getByRole("link", { name: "Edit" }).click();
  await expect(page.getByLabel("gamma", { exact: true })).toHaveValue("0.2", PATIENT); // what was saved, not what was read before it
});

test("a participant is enrolled and activated by clicking", async ({ page }) => {
  await page.goto("/market-maker/participants");
  await page.getByRole("button", { name: "Enroll…" }).click();
  await fill(page, { user_id: "clicked", account_id: "clicked-1", display_name: "Clicked Desk", initial_margin_usdt: "1000", max_drawdown_pct: "10", revenue_model: "KEEP_ALL", revenue_share_pct: "0", tier: "TIER_1", enrolled_by: "e2e" });
  await page.getByRole("button", { name: "Enroll", exact: true }).click();
  await page.getByRole("link", { name: "Clicked Desk" }).click();
  await page.getByRole("button", { name: "Activate" }).click();
  await expect(page.locator("h1 + .badge")).toHaveText(/ACTIVE$/);
  await page.getByRole("button", { name: "Change…" }).click();
  await fill(page, { display_name: "Clicked Desk Two" });
  await expect(page.getByRole("alertdialog")).toContainText("display_name: Clicked Desk → Clicked Desk Two");
  await page.getByRole("button", { name: "Save the change" }).click();
  await expect(page.locator("h1")).toHaveText("Clicked Desk Two", PATIENT);
});

test("an address that is no page offers the nearest, and a new pool can be like one that is there", async ({ page }) => {
  await page.goto("/market-maker/pool/BTC");
  await expect(page.locator("h1")).toHaveText("No such page");
  await page.getByRole("main").getByRole("link", { name: "Pools" }).click();
  await expect(page.locator("h1")).toHaveText("Pools");
  await page.goto(`/market-maker/pools/${SYMBOL}?tab=config`);
  await page.getByRole("link", { name: "New pool like this one" }).click();
  await expect(page.getByLabel("gamma", { exact: true })).not.toHaveValue("", PATIENT);
  await expect(page.getByLabel("symbol", { exact: true })).toHaveValue("");
});

test("each entry of the audit log shows its whole hash, and this browser computes the same", async ({ page }) => {
  await page.goto("/market-maker/audit");
  const rows = page.getByRole("region", { name: "Audit log" }).getByRole("row");
  const first = (await rows.nth(1).locator("summary").last().textContent(PATIENT))!;
  const hash = rows.filter({ hasText: first }).locator("details").filter({ hasText: `hash ${first}` }); // a newer entry may come above it
  await hash.locator("summary").click(PATIENT);
  await expect(hash).toContainText("✓ computed here too", PATIENT);
  await clean(page);
});

test("a page says what it waits for, in grey lines once that takes longer than a glance, and shows no row before its data", async ({ page }) => {
  const answered: (() => void)[] = [];
  await page.route(/\/v1\/(participants|stream)/, async (route) => { await new Promise<void>((answer) => { answered.push(answer); }); await route.continue(); });
  for (const [path, what] of [["participants", "Loading participants…"], ["pools", "Waiting for the first picture…"]] as const) {
    await page.goto(`/market-maker/${path}`);
    const waits = page.locator(".loading");
    await expect(waits.getByRole("status")).toHaveText(what, PATIENT);
    await expect(page.getByRole("row", { name: /USDT|Acme/ })).toHaveCount(0);
    const lines = waits.locator("[aria-hidden=true] span");
    await expect(lines).toHaveCount(3);
    expect((await lines.first().boundingBox())!.height).toBeGreaterThan(0);
    // The animation's own time, not this machine's: nothing is seen in the first 150 ms, all of it in the next 100.
    const seenAt = (ms: number): Promise<string> => waits.evaluate((waiting, at) => {
      const [appearing] = waiting.getAnimations();
      if (!appearing) throw new Error("it does not appear, it is there");
      appearing.pause();
      appearing.currentTime = at;
      return getComputedStyle(waiting).opacity;
    }, ms);
    expect([await seenAt(149), await seenAt(250)]).toEqual(["0", "1"]);
    await clean(page);
    answered.splice(0).forEach((answer) => answer());
    await expect(waits).toHaveCount(0, PATIENT);
  }
  await expect(page.getByRole("row", { name: new RegExp(SYMBOL) })).toBeVisible(PATIENT);
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("a page whose reads got no answer has them once the service answers again, and a refusal stays", async ({ page }) => {
  let down = true;
  await page.route(/\/v1\/pools\/[A-Z-]+$|\/v1\/me$/, (route) => (down ? route.fulfill({ status: 503, json: { title: "Unavailable", status: 503, detail: "the database does not answer" } }) : route.continue()));
  await page.goto(`/market-maker/pools/${SYMBOL}/edit`);
  await expect(page.getByRole("alert")).toContainText("the database does not answer", PATIENT);
  down = false;
  await expect(page.getByLabel("max_spread_bps", { exact: true })).toBeVisible(PATIENT);
  await ready(page);
  await page.goto("/market-maker/pools/NOSUCH-PERP/edit");
  await expect(page.getByRole("alert")).toContainText("NOSUCH-PERP", PATIENT);
});

test("no command moves under the pointer: not when the first picture comes, and not when it grows old", async ({ page }) => {
  let arrive = (): void => {};
  const held = new Promise<void>((resolve) => { arrive = resolve; });
  await page.route("**/v1/stream*", async (route) => { await held; await route.continue(); });
  await page.goto(`/market-maker/pools/${SYMBOL}`);
  const commands = [page.getByRole("button", { name: /^(Pause|Flatten|Kill|Start)…/ }), page.getByRole("link", { name: "Edit" })];
  const places = (): Promise<unknown[]> => Promise.all(commands.map((each) => each.evaluateAll((found) => found.map((one) => one.getBoundingClientRect().toJSON() as unknown))));
  await expect(commands[1]!).toBeVisible(PATIENT);
  await expect(page.locator("h1 + .badge")).toHaveCount(0);
  const before = await places();
  expect(before.flat()).toHaveLength(5);
  arrive();
  await expect(page.locator("h1 + .badge")).toHaveText(/ACTIVE$/, PATIENT);
  await expect(page.locator("[data-stale=false]")).toBeVisible(PATIENT);
  await ready(page);
  expect(await places()).toEqual(before);
  process.kill(servicePid, "SIGSTOP");
  try {
    await expect(page.locator("[data-stale=true]")).toContainText("old", PATIENT);
    expect(await places()).toEqual(before);
  } finally {
    process.kill(servicePid, "SIGCONT");
  }
});

test("a pool can be stopped where neither health nor the caller's roles are answered", async ({ page }) => {
  await page.route(/\/(health|v1\/me)$/, () => new Promise<void>(() => {}));
  await page.goto(`/market-maker/pools/${SYMBOL}`);
  await expect(page.getByRole("button", { name: /^Kill…/ })).toBeEnabled(PATIENT);
  await page.goto("/market-maker/emergency");
  await page.getByLabel("Type ALL").fill("ALL", PATIENT);
  await expect(page.getByRole("button", { name: "Kill all now" })).toBeEnabled(PATIENT);
});

test("an answer that is lost is looked up, and the command is sent once", async ({ page }) => {
  test.setTimeout(90_000 * PATIENCE);
  await openPool(page);
  let sent = 0;
  await page.route("**/flatten", async (route) => { sent += 1; await route.fetch(); await route.abort("connectionreset"); });
  await page.getByRole("button", { name: "Flatten…" }).click();
  await page.getByLabel(`Type ${SYMBOL}`).fill(SYMBOL);
  await page.getByRole("button", { name: "Flatten now" }).click();
  await expect(page.getByTestId(`proof-${SYMBOL}`).or(page.getByText("the command did not arrive"))).toBeVisible(PATIENT);
  expect(sent).toBe(1);
});

test("a command that is given while the browser has no network is not sent later", async ({ page, context }) => {
  test.setTimeout(90_000 * PATIENCE);
  await openPool(page);
  const arrived: string[] = [];
  page.on("response", (answer) => { if (answer.url().endsWith("/pause")) arrived.push(answer.url()); });
  await context.setOffline(true);
  await page.getByRole("button", { name: "Pause…" }).click();
  await page.getByLabel("Reason, for the audit log").fill("without a network");
  await page.getByLabel(`Type ${SYMBOL}`).fill(SYMBOL);
  await page.getByRole("button", { name: "Pause now" }).click();
  await expect(page.getByRole("alertdialog")).toContainText("the command is sent, no answer yet", PATIENT);
  await context.setOffline(false);
  await expect(page.getByRole("alertdialog")).toContainText("is ACTIVE: the command did not arrive", PATIENT);
  expect(arrived).toEqual([]);
});

test("a service that hangs makes live numbers stale within 3 s, and its return is seen within 5", async ({ page }) => {
  await openPool(page);
  process.kill(servicePid, "SIGSTOP");
  try {
    await expect(page.locator("[data-stale=true]")).toContainText(/stale|connection lost/, { timeout: 3_500 * PATIENCE });
    await expect(page.locator("[data-old=true]").first()).toBeVisible();
  } finally {
    process.kill(servicePid, "SIGCONT");
  }
  await expect(page.locator("[data-stale=false]")).toBeVisible({ timeout: 5_000 * PATIENCE });
});

test("on a phone nothing but tables scrolls sideways", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of ["pools", `pools/${SYMBOL}`, "emergency"]) {
    await page.goto(`/market-maker/${path}`);
    await expect(page.locator("[data-stale=false]")).toBeVisible(PATIENT);
    await ready(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  }
});

test("by keyboard only: Shift+K, the symbol, and the kill is proved", async ({ page }) => {
  test.setTimeout(60_000 * PATIENCE);
  await openPool(page);
  await page.keyboard.press("Shift+K");
  await expect(page.getByRole("button", { name: "Close" })).toBeFocused();
  await page.keyboard.press("Tab"); // from the close button, which has the focus, to the reason
  const typed = page.getByLabel(`Type ${SYMBOL}`);
  for (let step = 0; step < 8 && !(await typed.evaluate((input) => input === document.activeElement)); step++) await page.keyboard.press("Tab");
  await page.keyboard.type(SYMBOL);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Kill now" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("✓ PROVED", PATIENT);
  await page.keyboard.press("Escape");
  await expect(page.locator("h1 + .badge")).toHaveText(/HALTED$/);
});

test("kill all by holding the button, each pool proved by itself", async ({ page }) => {
  await page.goto("/market-maker/emergency");
  const button = page.getByRole("button", { name: /Kill all \(hold/ });
  await button.focus();
  await page.keyboard.down("Space");
  await expect(page.getByRole("region", { name: "Result" })).toBeVisible(PATIENT);
  await page.keyboard.up("Space");
  await expect(page.getByTestId(`proof-${SYMBOL}`)).toContainText("✓ PROVED", PATIENT);
});

test("a list is saved whole as CSV and sorted by the service, oldest first at the first click", async ({ page }) => {
  test.setTimeout(60_000 * PATIENCE);
  await page.goto(`/market-maker/pools/${SYMBOL}?tab=orders`);
  const orders = page.getByRole("region", { name: "Orders" });
  await expect(orders.getByRole("row").nth(1)).toBeVisible(PATIENT);
  await orders.getByRole("columnheader", { name: "UTC" }).getByRole("button").click();
  await expect(orders.getByRole("columnheader", { name: "UTC" })).toHaveAttribute("aria-sort", "ascending");
  await expect(page).toHaveURL(/sort=at/);
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  const file = await saving;
  expect(file.suggestedFilename()).toBe(`mm-orders-${SYMBOL}.csv`);
  const lines = readFileSync((await file.path())!, "utf8").trim().split("\r\n");
  const names = lines[0]!.split(",");
  const at = lines.slice(1).map((line) => line.split(",")[names.indexOf("created_at")]!);
  expect(at.length).toBeGreaterThan(0);
  expect(at).toEqual([...at].toSorted());
});
