// Files of the service, saved by the browser. `fetch` carries what stands for the caller; a plain link could not.

import { Refused, asProblem } from "../api/client";
import { credentials } from "./session";
import { download } from "./csv";

/** Saves what is at `address` under the name that the service gives it. */
export async function save(address: string, accept = "text/csv"): Promise<void> {
  const answer = await fetch(address, { headers: { Accept: accept, ...credentials("GET") } });
  if (!answer.ok) throw new Refused(asProblem(await answer.json().catch(() => null), answer.status));
  download(nameOf(answer.headers.get("content-disposition")), await answer.text(), accept);
}

/** The file's name in a Content-Disposition header. */
export const nameOf = (header: string | null): string => /filename="([^"]+)"/.exec(header ?? "")?.[1] ?? "download";
