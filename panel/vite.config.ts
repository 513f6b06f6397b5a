import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The service serves the built files under /market-maker on PANEL_PORT, from the API's own origin: no CORS.
// `npm run dev` serves them from Vite and passes API requests on to a running service.
const api = process.env.MM_API ?? "http://127.0.0.1:8095";

export default defineConfig({
  base: "/market-maker/",
  plugins: [react()],
  build: {
    outDir: "../src/market_maker/panel",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the content policy allows no data: scripts
    modulePreload: { polyfill: false },
  },
  server: {
    port: 3001,
    strictPort: true,
    proxy: { "/v1": api, "/maker": api, "/health": api, "/openapi.json": api },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
