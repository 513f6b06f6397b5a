import { defineConfig } from "@playwright/test";

// Tests drive the built panel, served by a real `market_maker serve` whose address is in PANEL_URL.
export default defineConfig({
  testDir: "e2e",
  outputDir: process.env.PANEL_RESULTS ?? "test-results",
  workers: 1,
  timeout: 30_000 * Number(process.env.PANEL_PATIENCE ?? 1),
  expect: { timeout: 5_000 * Number(process.env.PANEL_PATIENCE ?? 1) },
  reporter: "list",
  use: {
    baseURL: process.env.PANEL_URL ?? "http://127.0.0.1:3001",
    viewport: { width: 1440, height: 900 },
    timezoneId: "UTC",
    locale: "en-GB",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--host-resolver-rules=MAP desk.test 127.0.0.1", "--disable-sync", "--disable-dev-shm-usage"],
    },
  },
});
