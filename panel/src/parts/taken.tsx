import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answered, api, type Schemas } from "../api/client";
import { exact, percent } from "../lib/numbers";
import { Read } from "./read";
import type { Column } from "./table";

type Listed = Schemas["ListedInstrument"];

const READ_AGAIN_MS = 60_000;

export const useInstruments = () => useQuery({ queryKey: ["instruments"], refetchInterval: READ_AGAIN_MS, queryFn: () => answered(api.GET("/v1/instruments", {})) });

/** 0 is no limit, and must not read as one that nothing passes. */
const limit = (text: string, shown: (text: string) => string = exact): string => (Number(text) === 0 ? "none" : shown(text));
const share = (text: string): string => `${percent(text)} %`;

/** What a venue takes of orders, as columns of a list of instruments. */
export const TAKEN: Column<Listed>[] = [
  { id: "least", head: "Min size", num: true, sort: (r) => r.min_size, cell: (r) => limit(r.min_size) },
  { id: "most", head: "Max size", num: true, sort: (r) => r.max_size, cell: (r) => limit(r.max_size) },
  { id: "dearest", head: "Max value", num: true, sort: (r) => r.max_notional, cell: (r) => limit(r.max_notional) },
  { id: "up", head: "Band above mark", num: true, sort: (r) => r.price_band_up, cell: (r) => limit(r.price_band_up, share) },
  { id: "down", head: "Band below mark", num: true, sort: (r) => r.price_band_down, cell: (r) => limit(r.price_band_down, share) },
  { id: "open", head: "Max open orders", num: true, sort: (r) => String(r.max_open_orders), cell: (r) => limit(String(r.max_open_orders)) },
];

/** The limits that an instrument has, by the names that a silent side and a refusal use. */
export function limitsOf(of: Listed): [name: string, value: string][] {
  const all: [string, string, (text: string) => string][] = [
    ["min_size", of.min_size, exact], ["max_size", of.max_size, exact], ["min_notional", of.min_notional, exact], ["max_notional", of.max_notional, exact],
    ["price_band_up", of.price_band_up, share], ["price_band_down", of.price_band_down, share], ["max_open_orders", String(of.max_open_orders), exact],
  ];
  return all.flatMap(([name, text, shown]) => (Number(text) === 0 ? [] : [[name, shown(text)] as [string, string]]));
}

/** What the venue takes of orders in one instrument: beside orders that it refused, and sides that are silent for it. */
export function Taken({ symbol }: { symbol: string }): ReactNode {
  const query = useInstruments();
  // Beside the pool's own lines, which say more of what is wrong: one line is enough.
  if (query.error && !query.data) return <p className="muted">What the venue takes of orders cannot be read: {query.error.message}.</p>;
  return (
    <Read query={query} of="the instrument">{({ items }) => {
      const found = items.find((each) => each.symbol === symbol);
      if (!found) return <p className="warn">The venue lists no instrument {symbol} now.</p>;
      const limits = limitsOf(found);
      return <p className="muted" data-testid="taken">The venue takes: tick {exact(found.tick_size)}, lot {exact(found.lot_size)}; {limits.length ? limits.map(([name, value]) => `${name} ${value}`).join(", ") : "it sets no limit to orders"}.</p>;
    }}</Read>
  );
}
