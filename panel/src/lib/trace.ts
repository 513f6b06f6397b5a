// Random names: a trace of our own for each command: what the audit log and the service's log have is on the screen before any answer.

const hex = (bytes: number): string => [...crypto.getRandomValues(new Uint8Array(bytes))].map((each) => each.toString(16).padStart(2, "0")).join("");

/** 32 hexadecimal digits. */
export const newTrace = (): string => hex(16);

/** A key that makes a creating request happen once, however often it is sent. Not a UUID: over plain http from another machine a browser makes none. */
export const newKey = (): string => hex(16);

/** The header that carries it (W3C trace context). */
export const traced = (trace: string): { traceparent: string } => ({ traceparent: `00-${trace}-${hex(8)}-01` });
