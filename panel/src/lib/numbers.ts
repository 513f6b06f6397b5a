// Decimals arrive as text and are shown by moving digits. A float is used for pixels only.

const THIN = "\u202f";
const MINUS = "\u2212";
export const UNKNOWN = "–";

/** `text` rounded half away from zero to `places`, digits in groups of three; "–" where it is not known. */
export function decimal(text: string | null | undefined, places = 2): string {
  if (text === null || text === undefined) return UNKNOWN;
  const [whole = "0", part = ""] = plain(text).replace("-", "").split(".");
  const kept = BigInt(whole + (part + "0".repeat(places + 1)).slice(0, places + 1));
  const rounded = (kept + 5n) / 10n;
  const digits = rounded.toString().padStart(places + 1, "0");
  const grouped = digits.slice(0, digits.length - places).replace(/\B(?=(\d{3})+$)/g, THIN);
  const sign = text.startsWith("-") && rounded !== 0n ? MINUS : "";
  return sign + grouped + (places > 0 ? `.${digits.slice(-places)}` : "");
}

/** `text` with all its digits: for prices and sizes, whose places are those of the tick and the lot. */
export function exact(text: string | null | undefined): string {
  if (text === null || text === undefined) return UNKNOWN;
  const [whole = "0", part] = plain(text).replace("-", "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, THIN);
  const minus = text.startsWith("-") && /[1-9]/.test(whole + (part ?? ""));
  return (minus ? MINUS : "") + grouped + (part ? `.${part}` : "");
}

/** A JSON number as text, as `decimal` writes it; "–" where it is not known. */
export const fixed = (value: number | null | undefined, places = 2): string =>
  value === null || value === undefined || !Number.isFinite(value) ? UNKNOWN : decimal(String(value), places);

/** A fraction as a percentage, with all its digits: "0.05" is "5". */
export function percent(fraction: string): string {
  const [whole = "0", part = ""] = plain(fraction).replace("-", "").split(".");
  const shifted = `${whole}${part.padEnd(2, "0").slice(0, 2)}`.replace(/^0+(?=\d)/, "");
  const rest = part.slice(2).replace(/0+$/, "");
  return exact((fraction.startsWith("-") ? "-" : "") + shifted + (rest ? `.${rest}` : ""));
}

/** A float that stands beside a price: to as many places as the price has and one more, so that what is small does not become zero. */
export const beside = (value: number | null | undefined, price: string | null | undefined): string =>
  fixed(value, Math.max(2, (plain(price ?? "").split(".")[1] ?? "").length + 1));

/** A float of a chart, as it is: "0.00000001" for 1e-8. */
export const drawn = (value: number | null | undefined): string => (value === null || value === undefined ? UNKNOWN : exact(String(value)));

/** Decimal text without an exponent: "1E+3" becomes "1000". */
function plain(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = "", whole = "0", part = "", power = "0"] = match;
  const shift = Number(power);
  const digits = whole + part;
  const point = whole.length + shift;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** -1, 0 or 1 as `a` is below, equal to or above `b`, both decimal text. */
export function compare(a: string, b: string): number {
  const places = Math.max(...[a, b].map((text) => (plain(text).split(".")[1] ?? "").length));
  const [x, y] = [a, b].map((text) => scaled(text, places)) as [bigint, bigint];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The exact sum of decimal texts. */
export function sum(...texts: string[]): string {
  const places = Math.max(0, ...texts.map((text) => (plain(text).split(".")[1] ?? "").length));
  const total = texts.reduce((all, text) => all + scaled(text, places), 0n);
  const digits = (total < 0n ? -total : total).toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  return (total < 0n ? "-" : "") + whole + (places > 0 ? `.${digits.slice(-places)}` : "");
}

/** What a fill cost: in the quote currency, and what was taken in another token, which is in no PnL. */
export const fee = (fill: { fee: string; fee_token: string; fee_token_amount: string }): string =>
  fill.fee_token ? `${decimal(fill.fee, 4)} and ${exact(fill.fee_token_amount)} ${fill.fee_token}` : decimal(fill.fee, 4);

/** The same amount with the other sign. */
export const negated = (text: string): string => (text.startsWith("-") ? text.slice(1) : `-${text}`);

function scaled(text: string, places: number): bigint {
  const [whole = "0", part = ""] = plain(text).replace("-", "").split(".");
  const value = BigInt(whole + part.padEnd(places, "0"));
  return text.startsWith("-") ? -value : value;
}

/** The used share of a limit, 0 to 1 and beyond, for the width of a bar. */
export function share(value: string, limit: string): number {
  const bound = Number(limit);
  return bound > 0 ? Math.abs(Number(value)) / bound : 0;
}

/** An age as a person reads one: "12 ms", "2.4 s", "63 s". */
export function age(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  return ms < 1_000 ? `${fixed(ms, 0)} ms` : `${fixed(ms / 1_000, ms < 10_000 ? 1 : 0)} s`;
}

/** A moment as HH:MM:SS UTC; with the day in front where it is not the day of `now`. */
export const recent = (moment: string, now: number): string => time(moment, new Date(now).toISOString().slice(0, 10) !== new Date(moment).toISOString().slice(0, 10));

/** A moment as HH:MM:SS UTC; with the day in front where `day` is set. */
export function time(moment: string | null | undefined, day = false): string {
  if (!moment) return UNKNOWN;
  return day ? `${moment.slice(0, 10)} ${moment.slice(11, 19)}` : moment.slice(11, 19);
}
