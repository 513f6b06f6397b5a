// The access token is held in memory only: a reload asks for it again, and no storage or address ever holds it.

let held: string | null = null;
const listeners = new Set<() => void>();

export const token = (): string | null => held;

export function hold(value: string | null): void {
  held = value?.trim() || null;
  for (const listener of listeners) listener();
}

export function onToken(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
