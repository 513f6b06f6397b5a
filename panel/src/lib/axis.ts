// What stands at the axes of a chart.

import { fixed } from "./numbers";

export const clock = (seconds: number): string => new Date(seconds * 1e3).toISOString().slice(11, 19);
export const day = (seconds: number): string => new Date(seconds * 1e3).toISOString().slice(5, 16).replace("T", " ");

const DAY_S = 86_400;
/** Of a digit at an upright axis, in pixels, and of the room that no number needs less of. */
const DIGIT_PX = 7.2;
const MIN_PX = 84;
const GAP_PX = 14;
/** More places than a float has. */
const PLACES_MAX = 20;

/** Moments at an axis; with their day where they are more than a day apart. */
export const moments = (splits: readonly number[]): string[] => splits.map((splits.at(-1) ?? 0) - (splits[0] ?? 0) > DAY_S ? day : clock);

/** Numbers at an axis, `step` apart, with the places that the step needs: for a price of 0.00000001 as for one of a million. */
export function ticks(splits: readonly number[], step: number): string[] {
  const places = Math.ceil(-Math.log10(step) - 1e-9);
  return splits.map((each) => fixed(each, Math.min(PLACES_MAX, Math.max(0, places))));
}

/** Pixels that the longest of the numbers takes. */
export const width = (labels: readonly string[]): number => Math.max(MIN_PX, GAP_PX + DIGIT_PX * Math.max(0, ...labels.map((label) => label.length)));
