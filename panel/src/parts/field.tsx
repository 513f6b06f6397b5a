import type { ReactNode } from "react";

type Props = { label: string; value: string; onChange: (value: string) => void; help?: string; problem?: string | undefined; disabled?: boolean; changed?: boolean };

/** A labelled input whose help and problem a screen reader reads with it. */
export function Field({ label, value, onChange, help, problem, disabled = false, changed = false }: Props): ReactNode {
  const id = `field-${label.replaceAll(/\W+/g, "-")}`;
  return (
    <div className={changed ? "field changed" : "field"}>
      <label htmlFor={id}>{label}</label>
      <input id={id} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value)} aria-invalid={problem ? true : undefined} aria-describedby={`${id}-help`} autoComplete="off" />
      <span id={`${id}-help`} className={problem ? "bad" : "muted"}>{problem ?? help ?? ""}</span>
    </div>
  );
}
