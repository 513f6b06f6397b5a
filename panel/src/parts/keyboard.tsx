import { useNavigate } from "@tanstack/react-router";
import { useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { CHORD_MS, isTyping, KEYS, keysOn, labelled, meant, step, turnKeys, useKeysOn } from "../lib/keys";
import { CloseButton, Dialog } from "./dialog";

/** Listens for the keys of every page; a button lists them and turns them off. */
export function Keyboard(): ReactNode {
  const [help, setHelp] = useState(false);
  const on = useKeysOn();
  const navigate = useNavigate();
  const chord = useRef(Number.NEGATIVE_INFINITY);
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!keysOn() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("[role=alertdialog]")) return;
      const asked = meant(labelled(event), event.timeStamp - chord.current < CHORD_MS); // when it was pressed, however late this runs
      chord.current = asked?.kind === "chord" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      if (!asked) return;
      event.preventDefault();
      if (asked.kind === "go") void navigate({ to: asked.to });
      if (asked.kind === "search") document.querySelector<HTMLElement>("main input[type=search], main input, main select")?.focus();
      if (asked.kind === "down" || asked.kind === "up") step(asked.kind === "down" ? 1 : -1);
      if (asked.kind === "help") setHelp(true);
      if (asked.kind === "next") document.querySelector<HTMLElement>("a[data-next]")?.click();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [navigate]);
  return (
    <>
      <button type="button" className="plain" aria-keyshortcuts="?" onClick={() => setHelp(true)}>Keys</button>
      {help ? (
        <Dialog title="Keys" open onOpenChange={setHelp} about={<p>They work while nothing is being typed. None stops or starts anything.</p>}>
          <table className="sum"><tbody>{KEYS.map((each) => <tr key={each.keys}><th scope="row"><kbd>{each.keys}</kbd></th><td>{each.does}</td></tr>)}</tbody></table>
          <label><input type="checkbox" checked={on} onChange={(event) => turnKeys(event.target.checked)} /> These keys work</label>
          <div className="bar"><CloseButton /></div>
        </Dialog>) : null}
    </>
  );
}
