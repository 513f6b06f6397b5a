// A name that is typed to confirm a command.

const plain = (text: string): string => text.normalize("NFC").trim().replaceAll(/\s+/g, " ").toLowerCase();

/** Whether `typed` is `name`: in capitals or not, and however a keyboard composes its letters. What was meant is clear, and a stop must not wait for a caps lock. */
export const isTyped = (typed: string, name: string): boolean => typed.trim() !== "" && plain(typed) === plain(name);
