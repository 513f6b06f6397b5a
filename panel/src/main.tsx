import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect, RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { NoSuchPage, Shell } from "./Shell";
import { Pools } from "./pages/Pools";
import { askedAgainIn } from "./lib/again";
import { applyScheme } from "./lib/scheme";
import { resume } from "./lib/session";
import "./style.css";

applyScheme();

const root = createRootRoute({ component: Shell, notFoundComponent: NoSuchPage });
const parent = { getParentRoute: () => root };

/** Pages that have files of their own. They are fetched while the service is there: an operator must come to the page of a stop when it is not, and a page that cannot be fetched would end in the browser's own. */
const files = {
  PoolForm: () => import("./pages/PoolForm"), Pool: () => import("./pages/Pool"), PoolPast: () => import("./pages/PoolPast"), Participants: () => import("./pages/Participants"), Members: () => import("./pages/Members"),
  Alerts: () => import("./pages/Alerts"), Settlements: () => import("./pages/Settlements"), Scores: () => import("./pages/Scores"), Maker: () => import("./pages/Maker"), Reports: () => import("./pages/Reports"), System: () => import("./pages/System"),
};

const tree = root.addChildren([
  createRoute({ ...parent, path: "/", beforeLoad: () => { throw redirect({ to: "/pools" }); } }),
  createRoute({ ...parent, path: "/pools", component: Pools }),
  createRoute({ ...parent, path: "/pools/new", component: lazyRouteComponent(files.PoolForm, "NewPool") }),
  createRoute({ ...parent, path: "/pools/$symbol", component: lazyRouteComponent(files.Pool, "Pool") }),
  createRoute({ ...parent, path: "/pools/$symbol/edit", component: lazyRouteComponent(files.PoolForm, "EditPool") }),
  createRoute({ ...parent, path: "/pools/$symbol/explain", component: lazyRouteComponent(files.PoolPast, "Explain") }),
  createRoute({ ...parent, path: "/participants", component: lazyRouteComponent(files.Participants, "Participants") }),
  createRoute({ ...parent, path: "/participants/$id", component: lazyRouteComponent(files.Participants, "ParticipantPage") }),
  createRoute({ ...parent, path: "/members", component: lazyRouteComponent(files.Members, "Members") }),
  createRoute({ ...parent, path: "/alerts", component: lazyRouteComponent(files.Alerts, "Alerts") }),
  createRoute({ ...parent, path: "/settlements", component: lazyRouteComponent(files.Settlements, "Settlements") }),
  createRoute({ ...parent, path: "/settlements/$id", component: lazyRouteComponent(files.Settlements, "SettlementPage") }),
  createRoute({ ...parent, path: "/leaderboard", component: lazyRouteComponent(files.Scores, "Leaderboard") }),
  createRoute({ ...parent, path: "/performance/$symbol", component: lazyRouteComponent(files.Scores, "SymbolPerformance") }),
  createRoute({ ...parent, path: "/analytics", component: lazyRouteComponent(files.Scores, "Analytics") }),
  createRoute({ ...parent, path: "/maker", component: lazyRouteComponent(files.Maker, "Makers") }),
  createRoute({ ...parent, path: "/maker/$symbol", component: lazyRouteComponent(files.Maker, "Maker") }),
  createRoute({ ...parent, path: "/reports", component: lazyRouteComponent(files.Reports, "Reports") }),
  createRoute({ ...parent, path: "/reports/$id", component: lazyRouteComponent(files.Reports, "ReportPage") }),
  createRoute({ ...parent, path: "/audit", component: lazyRouteComponent(files.System, "Audit") }),
  createRoute({ ...parent, path: "/emergency", component: lazyRouteComponent(files.System, "Emergency") }),
  createRoute({ ...parent, path: "/system", component: lazyRouteComponent(files.System, "System") }),
]);
const router = createRouter({ routeTree: tree, basepath: "/market-maker" });

declare module "@tanstack/react-router" {
  interface Register { router: typeof router }
}

// networkMode: a browser that thinks it is without a network must not hold back a command, which it would send later, unasked; a service on this machine answers all the same.
const queries = new QueryClient({ defaultOptions: { queries: { networkMode: "always", staleTime: 5_000, retry: 1, refetchInterval: ({ state }) => askedAgainIn(state.error) }, mutations: { networkMode: "always", retry: false } } });
await resume();
createRoot(document.getElementById("root")!).render(
  <StrictMode><QueryClientProvider client={queries}><RouterProvider router={router} /></QueryClientProvider></StrictMode>,
);
// One after another: none is in the way of what is shown.
const fetched = (): unknown => Object.values<() => Promise<unknown>>(files).reduce<Promise<unknown>>((before, file) => before.then(() => file()).catch(() => null), Promise.resolve());
if (document.readyState === "complete") void fetched();
else addEventListener("load", () => void fetched(), { once: true });
