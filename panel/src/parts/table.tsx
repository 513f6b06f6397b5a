import { useNavigate, useSearch } from "@tanstack/react-router";
import { flushSync } from "react-dom";
import { useRef, useState, type ReactNode } from "react";
import { useHidden } from "../lib/columns";
import { csvOf, download } from "../lib/csv";
import { compare } from "../lib/numbers";
import { ColumnChoice } from "./columns";

/** A column. cell: what is shown; sort: decimal text to sort by, or plain text where `words` is set; by: what the service calls it. */
export type Column<Row> = {
  id: string;
  head: string;
  cell: (row: Row) => ReactNode;
  sort?: (row: Row) => string | null;
  by?: string;
  words?: boolean;
  num?: boolean;
  /** Its words go on in a second line; in a table that draws only the rows in sight, which are all of one height, they are cut off, and `cell` says them whole in a title. */
  wraps?: boolean;
};

/** By which column, and which way. */
export type Order = { id: string; down: boolean };

/** The order of a table as it stands in the page's address, so that a link shows the same: "net", or "-net" for backwards. */
export function useAddressOrder(): [Order | null, (order: Order) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const text = String(search.sort ?? "");
  const set = ({ id, down }: Order): void => void navigate({ to: ".", search: ((now: object) => ({ ...now, sort: (down ? "-" : "") + id })) as never, replace: true });
  return [text ? { id: text.replace(/^-/, ""), down: text.startsWith("-") } : null, set];
}

/** A longer table draws only the rows in sight: 300 pools at 5 Hz cost the browser as much as one screen of them. */
const WINDOWED_FROM = 100;
const BEYOND = 6;
const ROW_PX = 28;
/** Of the window's height, as the style sheet has it. */
const HIGHEST = 0.7;
/** Rows that are drawn: those in sight and some on either side. */
const inWindow = (): number => Math.ceil((innerHeight * HIGHEST) / ROW_PX) + 2 * BEYOND;

type Props<Row> = { label: string; columns: Column<Row>[]; rows: readonly Row[]; keyOf: (row: Row) => string; empty: string; csv?: boolean; order?: Order | null; onOrder?: (order: Order) => void; whole?: boolean; addressed?: boolean; choosable?: boolean };

/**
 * A table that scrolls inside itself and sorts by any column that can be sorted. order, onOrder: where the page above holds the order, so
 * that the service can sort by columns with `by`; complete: whether all rows are here, so that the others can be sorted, too. addressed: the order stands in the page's
 * address; of one table of a page. choosable: a person may hide columns.
 */
export function DataTable<Row>({ label, columns: all, rows, keyOf, empty, csv = false, order, onOrder, whole: complete = true, addressed = false, choosable = false }: Props<Row>): ReactNode {
  const table = useRef<HTMLTableElement>(null);
  const [first, setFirst] = useState(0);
  const [whole, setWhole] = useState(false);
  const [own, setOwn] = useState<Order | null>(null);
  const [written, write] = useAddressOrder();
  const [hidden, toggle] = useHidden(label, all.map((each) => each.id));
  const columns = choosable ? all.filter((each) => !hidden.has(each.id)) : all;
  const by = onOrder ? order : addressed ? written : own;
  const setBy = onOrder ?? (addressed ? write : setOwn);
  const sortable = (each: Column<Row>): boolean => (onOrder && each.by ? true : complete && each.sort !== undefined);
  if (rows.length === 0) return <p className="empty">{empty}</p>;
  const column = all.find((each) => each.id === by?.id);
  const shown = column?.sort && by && complete && !(onOrder && column.by) ? sorted(rows, column, by.down) : rows;
  const windowed = shown.length > WINDOWED_FROM && !whole;
  const from = windowed ? Math.min(Math.max(0, first - BEYOND), shown.length - 1) : 0;
  const part = windowed ? shown.slice(from, from + inWindow()) : shown;
  const below = shown.length - from - part.length;
  const save = (): void => {
    flushSync(() => setWhole(true));
    if (table.current) download(`${label.replaceAll(/\W+/g, "-").toLowerCase()}.csv`, csvOf(table.current));
    setWhole(false);
  };
  return (
    <>
    {csv ? <button type="button" className="plain csv" onClick={save}>CSV</button> : null}
    {choosable ? <ColumnChoice all={all} hidden={hidden} onToggle={toggle} /> : null}
    <div className="scroll" onScroll={(event) => { if (shown.length > WINDOWED_FROM) setFirst(Math.floor(event.currentTarget.scrollTop / ROW_PX)); }} tabIndex={0} role="region" aria-label={label}>
      <table ref={table} className={windowed ? "windowed" : undefined} aria-rowcount={shown.length + 1}>
        <thead>
          <tr>{columns.map((each) => (
            <th key={each.id} scope="col" className={each.num ? "num" : undefined} aria-sort={by?.id !== each.id ? "none" : by.down ? "descending" : "ascending"}>
              {sortable(each) ? <button type="button" onClick={() => setBy({ id: each.id, down: by?.id === each.id && !by.down })}>{each.head}</button> : each.head}
            </th>))}
          </tr>
        </thead>
        <tbody>
          {from ? <tr aria-hidden="true" style={{ height: from * ROW_PX }} /> : null}
          {part.map((row, i) => (
          <tr key={keyOf(row)} aria-rowindex={windowed ? from + i + 2 : undefined}>{columns.map((each) => <td key={each.id} className={each.num ? "num" : each.wraps ? "wraps" : undefined}>{each.cell(row)}</td>)}</tr>))}
          {below ? <tr aria-hidden="true" style={{ height: below * ROW_PX }} /> : null}
        </tbody>
      </table>
    </div>
    </>
  );
}

function sorted<Row>(rows: readonly Row[], column: Column<Row>, down: boolean): Row[] {
  const value = column.sort!;
  const order = (a: Row, b: Row): number => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return (column.words ? x.localeCompare(y) : compare(x, y)) * (down ? -1 : 1);
  };
  return [...rows].toSorted(order);
}
