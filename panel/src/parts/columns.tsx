import { useState, type ReactNode } from "react";

type Props = { all: readonly { id: string; head: string }[]; hidden: ReadonlySet<string>; onToggle: (id: string) => void };

/** Which columns are shown; the choice is kept in this browser. */
export function ColumnChoice({ all, hidden, onToggle }: Props): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <details className="columns" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Columns{hidden.size ? ` (${hidden.size} hidden)` : ""}</summary>
      {open ? <div className="bar">{all.map(({ id, head }) => <label key={id}><input type="checkbox" className="mark" checked={!hidden.has(id)} onChange={() => onToggle(id)} /> {head}</label>)}</div> : null}
    </details>
  );
}
