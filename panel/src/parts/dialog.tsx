import { AlertDialog } from "radix-ui";
import type { ReactNode } from "react";

type Props = { title: string; open: boolean; onOpenChange: (open: boolean) => void; children: ReactNode; about: ReactNode; unsaved?: boolean };

/** A dialog that opens without a network request and returns the focus when it closes. unsaved: closing it asks first. */
export function Dialog({ title, open, onOpenChange, children, about, unsaved = false }: Props): ReactNode {
  const change = (next: boolean): void => { if (next || !unsaved || confirm("The changes are not saved. Close the form?")) onOpenChange(next); };
  return (
    <AlertDialog.Root open={open} onOpenChange={change}>
      <AlertDialog.Portal>
        {/* Radix's own overlay writes a style element, which the content policy forbids; the style sheet holds the page still. */}
        <div className="overlay" />
        <AlertDialog.Content className="dialog">
          <AlertDialog.Title>{title}</AlertDialog.Title>
          <AlertDialog.Description asChild><div>{about}</div></AlertDialog.Description>
          {children}
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

export const CloseButton = (): ReactNode => <AlertDialog.Cancel className="plain">Close</AlertDialog.Cancel>;
