import { useSyncExternalStore, type ReactNode } from "react";
import { held, onHeld } from "../lib/session";

type Props = { address: string; title: string; scripts?: boolean; tall?: boolean };

/** A page of the service in a frame of an origin of its own, without a way to this page or a cookie; it runs scripts only where that is said. */
export function Framed({ address, title, scripts = false, tall = false }: Props): ReactNode {
  const shown = useSyncExternalStore(onHeld, held).bearer === null; // a frame cannot carry a token that is held in memory
  if (!shown) return <p className="empty">This browser keeps no session&apos;s cookie of this address: download it to read it.</p>;
  return <iframe className={tall ? "sized tall" : "sized"} title={title} sandbox={scripts ? "allow-scripts" : ""} src={address} />;
}
