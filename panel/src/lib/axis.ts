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

/** Of a flat line, the part of its value on either side. */
const FLAT = 0.01;
const BEYOND = 0.05;

/** From where to where an axis goes for values between `min` and `max`: a line that is flat is not pressed to an edge, and the axis of a price that stands still does not begin at 0. */
export function room(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const beyond = max > min ? (max - min) * BEYOND : Math.abs(max) * FLAT || 1;
  return [min - beyond, max + beyond];
}

/** Steps of an axis of time, in seconds: none below one, whose labels would be the same twice. */
export const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800];

/** Pixels that the longest of the numbers takes. */
export const width = (labels: readonly string[]): number => Math.max(MIN_PX, GAP_PX + DIGIT_PX * Math.max(0, ...labels.map((label) => label.length)));
