// The focus of one who works by keyboard is never lost: not when what had it goes with a live update, is disabled once it was pressed, or opened a dialog.

const FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), summary, [tabindex='0']";

/** What had the focus last, and what stood around it. */
let path: Element[] = [];

export function watchFocus(): () => void {
  const seen = (event: FocusEvent): void => {
    path = [];
    for (let each = event.target as Element | null; each; each = each.parentElement) path.push(each);
  };
  document.addEventListener("focusin", seen);
  return () => document.removeEventListener("focusin", seen);
}

const lives = (of: Element): boolean => of.isConnected && !of.matches(":disabled");

/** Where nothing else can take it: the head of the page, which no key presses. */
function toHead(): void {
  const head = document.querySelector<HTMLElement>("main h1");
  head?.setAttribute("tabindex", "-1");
  head?.focus({ preventScroll: true });
}

/** Back to what opened a dialog; where that cannot be pressed any more, to what comes after it; where it is gone, to what it stood in. */
export function focusBack(opener: Element | null): void {
  if (!opener || opener === document.body) return toHead();
  if (lives(opener)) return (opener as HTMLElement).focus();
  if (!opener.isConnected) return toHead();
  const after = [...document.querySelectorAll<HTMLElement>(FOCUSABLE)].find((each) => opener.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING);
  if (after) after.focus();
  else toHead();
}

/** Called after the page was drawn anew. To what stood around it and can have it, as a dialog or a table: a key that is still held presses nothing there. */
export function keepFocus(): void {
  const [lost] = path;
  if (!lost || document.activeElement !== document.body || lives(lost)) return;
  const around = path.find((each): each is HTMLElement => each !== lost && each.isConnected && each.matches("[tabindex]"));
  if (around) around.focus({ preventScroll: true });
  else toHead();
}
