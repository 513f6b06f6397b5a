import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { FetchPage } from "../lib/lists";
import { save } from "../lib/saving";
import { ProblemText } from "./problem";
import { DataTable, useAddressOrder, type Column, type Order } from "./table";
import { Loading } from "./loading";

type Props<Row> = {
  label: string;
  name: readonly unknown[];
  fetchPage: FetchPage<Row>;
  columns: Column<Row>[];
  keyOf: (row: Row) => string;
  empty: string;
  refetchMs?: number;
  /** What is said of the rows that are here. */
  about?: (rows: readonly Row[]) => ReactNode;
  /** One of several tables of a page: its order stands not in the address. */
  within?: boolean;
};

/**
 * A list of the API, page after page by its cursor. Columns that the service can sort by are sorted there, over all pages; the others
 * can be sorted once every row is here, because an order of some rows would look like an order of all.
 */
export function PagedTable<Row>({ label, name, fetchPage, columns, keyOf, empty, refetchMs, about, within = false }: Props<Row>): ReactNode {
  const [own, setOwn] = useState<Order | null>(null);
  const [written, write] = useAddressOrder();
  const [order, setOrder] = within ? [own, setOwn] : [written, write];
  const by = columns.find((each) => each.id === order?.id)?.by;
  const sort = by && order ? (order.down ? "-" : "") + by : "";
  const query = useInfiniteQuery({
    queryKey: [...name, sort],
    queryFn: ({ pageParam }) => fetchPage(pageParam, sort),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // Rows of another list have other columns: where one takes another's place, as of tabs, nothing of it stays.
    placeholderData: (before, of) => (of?.queryKey[0] === name[0] ? before : undefined),
    ...(refetchMs ? { refetchInterval: refetchMs } : {}),
  });
  // Rows of the filters, the order or the pool of before stay until the new ones are here, and are marked as old.
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages.at(-1)?.total ?? null;
  return (
    <>
      <ProblemText error={query.error} onRetry={query.refetch} />
      {query.isPending ? <Loading of={label.toLowerCase()} /> : query.error && !query.data ? null : (
        <div className={query.isPlaceholderData || query.error ? "old" : undefined} aria-busy={query.isPlaceholderData}>
          {about?.(rows)}
          {total === null ? null : <p className="muted">{rows.length} of {total}</p>}
          <CsvButton address={fetchPage.address + (sort ? `&sort=${sort}` : "")} />
          <DataTable choosable label={label} columns={columns} rows={rows} keyOf={keyOf} empty={empty} order={order} onOrder={setOrder} whole={!query.hasNextPage} />
        </div>
      )}
      {query.hasNextPage ? <button type="button" onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>More</button> : null}
    </>
  );
}

/** Saves a whole list as the service has it: every row, exact values, the filters and the order that are shown. */
export function CsvButton({ address }: { address: string }): ReactNode {
  const saving = useMutation({ mutationFn: () => save(address) });
  return (
    <>
      <button type="button" className="plain csv" disabled={saving.isPending} onClick={() => saving.mutate()}>{saving.isPending ? "Downloading…" : "Download CSV"}</button>
      <ProblemText error={saving.error} />
    </>
  );
}
