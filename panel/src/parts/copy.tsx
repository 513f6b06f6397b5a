import { useState, type ReactNode } from "react";

/** Copies a text and says so; where the browser lends no clipboard, as over plain http from another machine, the text stands there to be copied by hand. */
export function Copy({ text, children }: { text: string; children: ReactNode }): ReactNode {
  const [done, setDone] = useState<"" | "copied" | "by hand">("");
  const copy = (): void => {
    if (!navigator.clipboard) { setDone("by hand"); return; }
    navigator.clipboard.writeText(text).then(() => setDone("copied"), () => setDone("by hand"));
  };
  return (
    <>
      <button type="button" className="plain" onClick={copy}>{children}</button>
      {done === "copied" ? <span role="status"> copied</span> : null}
      {done === "by hand" ? <label> This browser lends no clipboard here, copy it by hand <input readOnly value={text} onFocus={(event) => event.currentTarget.select()} /></label> : null}
    </>
  );
}
