import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { closest } from "../lib/nearest";
import type { Feed } from "../lib/stream";
import { Loading } from "./loading";

type Props = { feed: Feed; symbol?: string; to?: "/pools/$symbol" | "/maker/$symbol" };

/** What stands where the first picture will: that it is waited for, that it takes a sign-in, or that there is no such pool and which one was meant. */
export function NoPicture({ feed, symbol, to = "/pools/$symbol" }: Props): ReactNode {
  const symbols = feed.glance?.pools.map((pool) => pool.symbol);
  if (!symbols && feed.connection === "refused") return <p className="empty" role="status">Nothing is shown before a sign-in.</p>;
  if (!symbols || symbol === undefined || symbols.includes(symbol)) return <Loading verb="Waiting for" of="the first picture" />;
  const meant = closest(symbol, symbols);
  return (
    <p className="warn" role="status">
      There is no pool {symbol}. {meant ? <>The nearest is <Link to={to} params={{ symbol: meant }}>{meant}</Link>. </> : null}<Link to="/pools">All pools</Link>
    </p>
  );
}
