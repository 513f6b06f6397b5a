import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMay, type Operation } from "../lib/may";

type Props = { op: Operation; onClick: () => void; children: ReactNode; disabled?: boolean; className?: string; keys?: string };

/** A button that stands for one operation; where the caller's role lacks it, it is disabled and names the role. The second click of a double click is none. */
export function Act({ op, onClick, children, disabled = false, className = "plain", keys }: Props): ReactNode {
  const { allowed, needs, known } = useMay()(op);
  return (
    <button type="button" className={className} data-op={op} data-allowed={known ? allowed : "unknown"} disabled={disabled || !allowed} onClick={(event) => { if (event.detail <= 1) onClick(); }} aria-keyshortcuts={keys}>
      {children}{allowed ? null : <span className="needs"> needs {needs.join(" or ")}</span>}
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
