import { Link } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { useMay, type Operation } from "../lib/may";

type Props = { op: Operation; onClick: () => void; children: ReactNode; disabled?: boolean; busy?: boolean; className?: string; keys?: string };

const LONG_MS = 1_000;

/** Whether something has been going on for longer than a person waits without asking why. */
function useLong(on: boolean): boolean {
  const [long, setLong] = useState(false);
  useEffect(() => {
    if (!on) return;
    const id = setTimeout(() => setLong(true), LONG_MS);
    return () => { clearTimeout(id); setLong(false); };
  }, [on]);
  return long;
}

/** A button that stands for one operation; where the caller's role lacks it, it is disabled and names the role. busy: it was sent and is not answered. The second click of a double click is none. */
export function Act({ op, onClick, children, disabled = false, busy = false, className = "plain", keys }: Props): ReactNode {
  const { allowed, needs, known } = useMay()(op);
  const long = useLong(busy);
  return (
    <button type="button" className={className} data-op={op} data-allowed={known ? allowed : "unknown"} disabled={disabled || busy || !allowed} aria-busy={busy} onClick={(event) => { if (event.detail <= 1) onClick(); }} aria-keyshortcuts={keys}>
      {children}{allowed ? null : <span className="needs"> needs {needs.join(" or ")}</span>}{long ? <span className="needs"> sent, no answer yet</span> : null}
    </button>
  );
}

/** The children, or which role it takes to read them. */
export function Readable({ op, children }: { op: Operation; children: ReactNode }): ReactNode {
  const { allowed, needs } = useMay()(op);
  if (allowed) return children;
  return <p className="empty" role="status" data-op={op} data-allowed="false">Reading this needs the role {needs.join(" or ")}.</p>;
}

/** A link to a page whose one operation the caller may use; else the same words, disabled, with the role. */
export function ActLink({ op, href, search = {}, children }: { op: Operation; href: string; search?: Record<string, string>; children: ReactNode }): ReactNode {
  const { allowed, needs, known } = useMay()(op);
  if (allowed) return <Link to={href} search={search as never} className="button" data-op={op} data-allowed={known ? "true" : "unknown"}>{children}</Link>;
  return <button type="button" className="plain" disabled data-op={op} data-allowed="false">{children}<span className="needs"> needs {needs.join(" or ")}</span></button>;
}
