import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ProblemText } from "./problem";
import { DataTable, type Column } from "./table";

export type Page<Row> = { items: Row[]; next_cursor: string | null };

type Props<Row> = {
  label: string;
  name: readonly unknown[];
  fetchPage: (cursor: string | undefined) => Promise<Page<Row>>;
  columns: Column<Row>[];
  keyOf: (row: Row) => string;
  empty: string;
  refetchMs?: number;
};

/** A list of the API, page after page by its cursor. */
export function PagedTable<Row>({ label, name, fetchPage, columns, keyOf, empty, refetchMs }: Props<Row>): ReactNode {
  const query = useInfiniteQuery({
    queryKey: name,
    queryFn: ({ pageParam }) => fetchPage(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    ...(refetchMs ? { refetchInterval: refetchMs } : {}),
  });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <ProblemText error={query.error} />
      {query.isPending ? <p role="status">Loading {label.toLowerCase()}…</p> : <DataTable csv label={label} columns={columns} rows={rows} keyOf={keyOf} empty={empty} />}
      {query.hasNextPage ? <button type="button" onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>More</button> : null}
    </>
  );
}
