import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useMay, type Operation } from "../lib/may";

export const HOLD_MS = 1_500;

type Props = { op: Operation; label: string; disabled: boolean; onHeld: () => void };

/** A button that acts after it was held for 1.5 s, by pointer or by Space or Enter: the second way beside typing. */
export function HoldButton({ op, label, disabled: busy, onHeld }: Props): ReactNode {
  const { allowed, known } = useMay()(op);
  const disabled = busy || !allowed;
  const [since, setSince] = useState<number | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const release = (): void => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = null;
    setSince(null);
  };
  const press = (): void => {
    if (disabled || timer.current) return;
    setSince(Date.now());
    timer.current = setTimeout(() => { release(); onHeld(); }, HOLD_MS);
  };
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  const key = (event: KeyboardEvent): boolean => event.key === " " || event.key === "Enter";
  return (
    <button
      type="button" className="danger hold" data-op={op} data-allowed={known ? allowed : "unknown"} disabled={disabled} data-holding={since !== null}
      onPointerDown={press} onPointerUp={release} onPointerLeave={release} onBlur={release}
      onKeyDown={(event) => { if (key(event)) { event.preventDefault(); press(); } }}
      onKeyUp={(event) => { if (key(event)) { event.preventDefault(); release(); } }}
    >
      {since === null ? `${label} (hold 1.5 s)` : "keep holding…"}
    </button>
  );
}
