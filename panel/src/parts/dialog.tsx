import { AlertDialog } from "radix-ui";
import { useRef, type ReactNode } from "react";
import { focusBack } from "../lib/focus";

type Props = { title: string; open: boolean; onOpenChange: (open: boolean) => void; children: ReactNode; about: ReactNode; unsaved?: boolean };

/** A dialog that opens without a network request and returns the focus when it closes. unsaved: closing it asks first. */
export function Dialog({ title, open, onOpenChange, children, about, unsaved = false }: Props): ReactNode {
  const change = (next: boolean): void => { if (next || !unsaved || confirm("The changes are not saved. Close the form?")) onOpenChange(next); };
  const opener = useRef<Element | null>(null);
  return (
    <AlertDialog.Root open={open} onOpenChange={change}>
      <AlertDialog.Portal>
        {/* Radix's own overlay writes a style element, which the content policy forbids; the style sheet holds the page still. */}
        <div className="overlay" />
        <AlertDialog.Content className="dialog" onOpenAutoFocus={() => { opener.current = document.activeElement; }} onCloseAutoFocus={(event) => { event.preventDefault(); focusBack(opener.current); }}>
          <AlertDialog.Title>{title}</AlertDialog.Title>
          <AlertDialog.Description asChild><div>{about}</div></AlertDialog.Description>
          {children}
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

export const CloseButton = (): ReactNode => <AlertDialog.Cancel className="plain">Close</AlertDialog.Cancel>;
