// What a table shows, as a file: the same rows, columns and order as on the screen.

/** One line of CSV; a cell with a comma, a quote or a line break is quoted (RFC 4180). */
export const csvLine = (cells: readonly string[]): string =>
  cells.map((cell) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",");

/** Shown text as data: no thin spaces, a plain minus, nothing for what is unknown. */
export const plainCell = (text: string): string => {
  const trimmed = text.replaceAll("\u202f", "").replaceAll("\u2212", "-").trim();
  const safe = trimmed === "–" ? "" : trimmed;
  return /^[=+@]/.test(safe) ? `'${safe}` : safe;
};

/** The rows of a table on the page. */
export function csvOf(table: HTMLTableElement): string {
  return [...table.rows].map((row) => csvLine([...row.cells].map((cell) => plainCell(cell.textContent ?? "")))).join("\r\n");
}

/** Offers `text` as a file. */
export function download(name: string, text: string, type = "text/csv"): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}
