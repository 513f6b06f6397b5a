import type { ReactNode } from "react";
import { DataTable } from "./table";

/** A field as it was when the form was opened, as another person saved it meanwhile, and as it stands in the form. */
export type ThreeWays = { name: string; first: string; theirs: string; yours: string };

/** Someone saved meanwhile: what differs, three ways; nothing typed is lost. */
export function ThreeWayDifference({ version, rows, onTake }: { version: number; rows: readonly ThreeWays[]; onTake: () => void }): ReactNode {
  const differing = rows.filter((row) => row.name !== "version" && (row.first !== row.theirs || row.first !== row.yours));
  return (
    <section aria-label="Conflict">
      <h2>Someone saved version {version}</h2>
      <DataTable label="Three-way difference" rows={differing} keyOf={(row) => row.name} empty="The values are the same." columns={[
        { id: "field", head: "Field", cell: (row) => row.name }, { id: "then", head: "When you began", cell: (row) => row.first || "–" },
        { id: "theirs", head: `Version ${version}`, cell: (row) => <span className={row.theirs === row.first ? "" : "warn"}>{row.theirs || "–"}</span> },
        { id: "yours", head: "Yours", cell: (row) => <span className={row.yours === row.first ? "" : "warn"}>{row.yours || "–"}</span> },
      ]} />
      <p>Yours stays in the form. Go on from version {version}: fields that you did not change take its values.</p>
      <button type="button" className="plain" onClick={onTake}>Go on from version {version}</button>
    </section>
  );
}
