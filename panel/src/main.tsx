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

const tree = root.addChildren([
  createRoute({ ...parent, path: "/", beforeLoad: () => { throw redirect({ to: "/pools" }); } }),
  createRoute({ ...parent, path: "/pools", component: Pools }),
  createRoute({ ...parent, path: "/pools/new", component: lazyRouteComponent(() => import("./pages/PoolForm"), "NewPool") }),
  createRoute({ ...parent, path: "/pools/$symbol", component: lazyRouteComponent(() => import("./pages/Pool"), "Pool") }),
  createRoute({ ...parent, path: "/pools/$symbol/edit", component: lazyRouteComponent(() => import("./pages/PoolForm"), "EditPool") }),
  createRoute({ ...parent, path: "/pools/$symbol/explain", component: lazyRouteComponent(() => import("./pages/PoolPast"), "Explain") }),
  createRoute({ ...parent, path: "/participants", component: lazyRouteComponent(() => import("./pages/Participants"), "Participants") }),
  createRoute({ ...parent, path: "/participants/$id", component: lazyRouteComponent(() => import("./pages/Participants"), "ParticipantPage") }),
  createRoute({ ...parent, path: "/members", component: lazyRouteComponent(() => import("./pages/Members"), "Members") }),
  createRoute({ ...parent, path: "/alerts", component: lazyRouteComponent(() => import("./pages/Alerts"), "Alerts") }),
  createRoute({ ...parent, path: "/settlements", component: lazyRouteComponent(() => import("./pages/Settlements"), "Settlements") }),
  createRoute({ ...parent, path: "/settlements/$id", component: lazyRouteComponent(() => import("./pages/Settlements"), "SettlementPage") }),
  createRoute({ ...parent, path: "/leaderboard", component: lazyRouteComponent(() => import("./pages/Scores"), "Leaderboard") }),
  createRoute({ ...parent, path: "/performance/$symbol", component: lazyRouteComponent(() => import("./pages/Scores"), "SymbolPerformance") }),
  createRoute({ ...parent, path: "/analytics", component: lazyRouteComponent(() => import("./pages/Scores"), "Analytics") }),
  createRoute({ ...parent, path: "/maker", component: lazyRouteComponent(() => import("./pages/Maker"), "Makers") }),
  createRoute({ ...parent, path: "/maker/$symbol", component: lazyRouteComponent(() => import("./pages/Maker"), "Maker") }),
  createRoute({ ...parent, path: "/reports", component: lazyRouteComponent(() => import("./pages/Reports"), "Reports") }),
  createRoute({ ...parent, path: "/reports/$id", component: lazyRouteComponent(() => import("./pages/Reports"), "ReportPage") }),
  createRoute({ ...parent, path: "/audit", component: lazyRouteComponent(() => import("./pages/System"), "Audit") }),
  createRoute({ ...parent, path: "/emergency", component: lazyRouteComponent(() => import("./pages/System"), "Emergency") }),
  createRoute({ ...parent, path: "/system", component: lazyRouteComponent(() => import("./pages/System"), "System") }),
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
