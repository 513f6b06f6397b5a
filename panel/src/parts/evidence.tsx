import type { Schemas } from "../api/client";
import { decimal, exact } from "../lib/numbers";
import { Moment } from "./state";
import type { Column } from "./table";

/** Columns that several pages show: entries of the ledger, and days of a score with all that it is made from. */
export const LEDGER: Column<Schemas["LedgerEntry"]>[] = [
  { id: "id", head: "Entry", num: true, by: "entry_id", cell: (e) => e.entry_id }, { id: "at", head: "UTC", cell: (e) => <Moment at={e.ts_event} day /> }, { id: "kind", head: "Kind", cell: (e) => e.kind }, { id: "ref", head: "Of", cell: (e) => <code>{e.ref}</code> },
  { id: "cash", head: "Cash", num: true, cell: (e) => decimal(e.cash, 4) }, { id: "realised", head: "Realised", num: true, cell: (e) => decimal(e.realised, 4) }, { id: "fees", head: "Fees", num: true, cell: (e) => decimal(e.fees, 4) }, { id: "funding", head: "Funding", num: true, cell: (e) => decimal(e.funding, 4) }, { id: "position", head: "Position after", num: true, cell: (e) => exact(e.position) },
];

type Day = Schemas["DailyPerformance"];

export const dayKey = (day: Day): string => day.day + day.symbol + day.participant_id;

export const DAYS: Column<Day>[] = [
  { id: "day", head: "Day", words: true, sort: (d) => d.day, cell: (d) => d.day },
  { id: "symbol", head: "Symbol", words: true, sort: (d) => d.symbol, cell: (d) => d.symbol },
  { id: "who", head: "Participant", words: true, sort: (d) => d.participant_id, cell: (d) => d.participant_id },
  { id: "score", head: "Q-score", num: true, sort: (d) => d.q_score, cell: (d) => decimal(d.q_score, 4) },
  { id: "uptime", head: "Uptime", num: true, sort: (d) => d.uptime, cell: (d) => decimal(d.uptime, 3) },
  { id: "spread", head: "Spread part", num: true, sort: (d) => d.spread_part, cell: (d) => decimal(d.spread_part, 3) },
  { id: "depth", head: "Depth part", num: true, sort: (d) => d.depth_part, cell: (d) => decimal(d.depth_part, 3) },
  { id: "volumepart", head: "Volume part", num: true, sort: (d) => d.volume_part, cell: (d) => decimal(d.volume_part, 3) },
  { id: "bps", head: "Spread bps", num: true, sort: (d) => d.avg_spread_bps, cell: (d) => `${decimal(d.avg_spread_bps)} (${decimal(d.spread_min_bps)} to ${decimal(d.spread_max_bps)})` },
  { id: "standing", head: "Depth USDT of target", num: true, sort: (d) => d.avg_depth_usdt, cell: (d) => `${decimal(d.avg_depth_usdt)} / ${decimal(d.depth_target_usdt)}` },
  { id: "volume", head: "Volume USDT of target", num: true, sort: (d) => d.volume_usdt, cell: (d) => `${decimal(d.volume_usdt)} / ${decimal(d.volume_target_usdt)}` },
  { id: "fills", head: "Fills", num: true, sort: (d) => String(d.trades), cell: (d) => d.trades },
  { id: "realised", head: "Realised USDT", num: true, sort: (d) => d.realised_usdt, cell: (d) => decimal(d.realised_usdt) },
  { id: "fees", head: "Fees USDT (cost > 0)", num: true, sort: (d) => d.fees_usdt, cell: (d) => decimal(d.fees_usdt) },
];
