// Alerts as an operator goes through them: what is one matter stands once, however many pools it has, and the worst comes first.

import type { Alert } from "../api/client";
import { exact } from "./numbers";

/** Alerts with one title, severity and advice: of some pools, or of the service itself. since: the earliest. */
export type Matter = { key: string; severity: Alert["severity"]; title: string; advice: string; since: string; ofService: boolean; alerts: readonly Alert[] };

/** What is critical before what is not, and the service's own before its pools': their alerts are often what followed from it. */
export function matters(alerts: readonly Alert[]): Matter[] {
  const found = new Map<string, Alert[]>();
  for (const alert of alerts) {
    const key = [alert.severity, alert.symbol === null, alert.title, alert.what_to_do].join("|");
    found.set(key, [...(found.get(key) ?? []), alert]);
  }
  return [...found].map(([key, all]) => matter(key, all)).toSorted((a, b) => rank(a) - rank(b) || a.since.localeCompare(b.since));
}

function matter(key: string, all: Alert[]): Matter {
  const inOrder = all.toSorted((a, b) => (a.symbol ?? a.text).localeCompare(b.symbol ?? b.text));
  const { severity, symbol, title, what_to_do: advice } = inOrder[0]!;
  return { key, severity, title, advice, since: all.map((each) => each.since).toSorted()[0]!, ofService: symbol === null, alerts: inOrder };
}

const rank = ({ severity, ofService }: Matter): number => (severity === "CRITICAL" ? 0 : 2) + (ofService ? 0 : 1);

/** What was found, and how far it is from its limit. */
export function said({ text, value, threshold, unit }: Alert): string {
  const sentence = /[.!?]$/.test(text) ? text : `${text}.`;
  if (value === null || threshold === null) return sentence;
  return `${sentence} Now ${exact(value)} ${unit}${Number(threshold) === 0 ? "" : `, the limit is ${exact(threshold)}`}.`;
}

/** A matter in a few words: "Pool is halted (5 pools)". */
export const inShort = ({ title, ofService, alerts }: Matter): string =>
  ofService ? title : `${title} (${alerts.length === 1 ? alerts[0]!.symbol : `${alerts.length} pools`})`;
