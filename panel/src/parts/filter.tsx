import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactNode } from "react";
import type { Filters } from "../lib/lists";

/** One filter: free text, a day, or one of the choices. */
export type Filter = { name: string; label: string; choices?: readonly string[]; day?: boolean };

/** Whether a text is a day as the service reads one. */
export const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && Number.isFinite(Date.parse(text));

/** The filters of a page as they stand in its address, so that a link shows the same. */
export function useFilters(names: readonly Filter[]): [Filters, (name: string, value: string) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const values = Object.fromEntries(names.map(({ name }) => [name, String(search[name] ?? "")]));
  const set = (name: string, value: string): void =>
    void navigate({ to: ".", search: ((now: object) => ({ ...now, [name]: value || undefined })) as never, replace: true });
  return [values, set];
}

/** Inputs for filters, beside each other. */
export function FilterBar({ filters, values, onChange }: { filters: readonly Filter[]; values: Filters; onChange: (name: string, value: string) => void }): ReactNode {
  return (
    <div className="bar">{filters.map(({ name, label, choices, day }) => (
      <label key={name}>{label} {choices
        ? <select value={values[name]} onChange={(event) => onChange(name, event.target.value)}><option value="">all</option>{choices.map((each) => <option key={each}>{each}</option>)}</select>
        : <Typed value={values[name] ?? ""} onChange={(value) => onChange(name, value)} />}
        {day && values[name] && !isDay(values[name]) ? <span className="warn"> not used yet: a day is written 2026-11-30</span> : null}
      </label>))}
    </div>
  );
}

/** Text that shows at once what is typed; the address follows, and is followed while nothing is typed. */
function Typed({ value, onChange }: { value: string; onChange: (value: string) => void }): ReactNode {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => { if (document.activeElement !== input.current) setText(value); }, [value]);
  return <input ref={input} type="search" value={text} onChange={(event) => { setText(event.target.value); onChange(event.target.value); }} />;
}
