import { useEffect, useRef, type ReactNode } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Schemas } from "../api/client";
import { clock, day, moments, room, STEPS_S, ticks, width } from "../lib/axis";
import { drawn } from "../lib/numbers";
import { useScheme } from "../lib/scheme";

export type Point = (number | null)[];
export type Series = { label: string; colour: string; dash?: number[] };
/** Something that happened. at: seconds. */
export type Mark = { at: number; kind: Schemas["PoolEvent"]["kind"]; text: string };

type Props = {
  title: string; series: Series[]; points: readonly Point[]; sync: string; height?: number;
  /** Drawn as upright lines with their text. */
  marks?: readonly Mark[];
  /** Two series, from 1, whose area between them is shaded. */
  between?: [number, number];
};

const NO_MARKS: readonly Mark[] = [];
const stepped = uPlot.paths.stepped!({ align: 1 });
const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A stepped chart over time in UTC; a null is a gap. The same numbers stand in a table below it. A zoom holds the view until a double click. */
export function Chart(props: Props): ReactNode {
  return <Plot key={useScheme()} {...props} />;
}

function Plot({ title, series, points, sync, height = 160, marks = NO_MARKS, between }: Props): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const zoomed = useRef(false);
  const shown = useRef(marks);
  const [upper, lower] = between ?? [0, 0];
  useEffect(() => {
    const at = host.current!;
    const made = options(at, series, sync, height, upper && lower ? [upper, lower] : null);
    made.hooks = {
      draw: [(plotted) => drawMarks(plotted, shown.current)],
      setSelect: [(plotted) => { zoomed.current = plotted.select.width > 0; }],
    };
    plot.current = new uPlot(made, columns([], series.length), at);
    const follow = (): void => { zoomed.current = false; };
    at.addEventListener("dblclick", follow);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: at.clientWidth, height }));
    observer.observe(at);
    return () => {
      observer.disconnect();
      at.removeEventListener("dblclick", follow);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [series, sync, height, upper, lower]);
  useEffect(() => {
    shown.current = marks;
    const frame = requestAnimationFrame(() => plot.current?.setData(columns(points, series.length), !zoomed.current));
    return () => cancelAnimationFrame(frame);
  }, [points, marks, series.length]);
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <div ref={host} role="img" aria-label={`${title}, the last values stand in the table below`} />
      <details>
        <summary>Numbers</summary>
        <div className="scroll" tabIndex={0} role="region" aria-label={`Numbers of ${title}`}>
        <table>
          <thead><tr><th scope="col">UTC</th>{series.map((each) => <th key={each.label} scope="col" className="num">{each.label}</th>)}</tr></thead>
          <tbody>{points.slice(-10).map((point) => (
            <tr key={point[0]}><td>{clock(point[0] ?? 0)}</td>{series.map((each, i) => <td key={each.label} className="num">{drawn(point[i + 1])}</td>)}</tr>))}
          </tbody>
        </table>
        </div>
        {marks.length ? <ul>{marks.slice(-10).map((mark) => <li key={`${mark.at}${mark.text}`}>{clock(mark.at)} {mark.kind}: {mark.text}</li>)}</ul> : null}
      </details>
    </figure>
  );
}

function columns(points: readonly Point[], count: number): uPlot.AlignedData {
  return Array.from({ length: count + 1 }, (_, i) => points.map((point) => point[i] ?? null)) as unknown as uPlot.AlignedData;
}

function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  const { min, max } = plot.scales.x!;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.textAlign = "left";
  const taken = Array<number>(Math.max(1, Math.floor(bbox.height / (14 * ratio)))).fill(0);
  ctx.font = `${11 * ratio}px system-ui`;
  for (const mark of marks) {
    if (min === undefined || max === undefined || mark.at < min || mark.at > max) continue;
    const x = Math.round(plot.valToPos(mark.at, "x", true));
    ctx.strokeStyle = ctx.fillStyle = colour(mark.kind === "halt" ? "--bad" : "--warn");
    ctx.lineWidth = ratio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const wide = ctx.measureText(mark.text).width;
    const left = x + wide > bbox.left + bbox.width ? x - wide - 4 * ratio : x + 4 * ratio;
    // The first line of text where nothing stands yet; what does not fit anywhere stands in the list below the chart.
    const row = taken.findIndex((end) => end <= left);
    if (row < 0) continue;
    taken[row] = left + wide + 8 * ratio;
    ctx.fillText(mark.text, left, bbox.top + (row + 1) * 11 * ratio);
  }
  ctx.restore();
}

function options(at: HTMLElement, series: Series[], sync: string, height: number, between: [number, number] | null): uPlot.Options {
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { show: false } };
  return {
    width: at.clientWidth,
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
    cursor: { sync: { key: sync }, drag: { x: true, y: false } },
    scales: { y: { range: (_, min, max) => room(min, max) } },
    axes: [{ ...axis, incrs: STEPS_S, values: (_, splits) => moments(splits) }, { ...axis, values: (_, splits, _axis, _space, step) => ticks(splits, step), size: (_, labels) => width(labels ?? []) }],
    ...(between ? { bands: [{ series: between, fill: `${colour("--bad")}40` }] } : {}),
    series: [
      { label: "UTC", value: (_, seconds) => (seconds === null ? "–" : `${day(seconds).slice(0, 5)} ${clock(seconds)}`) },
      ...series.map(({ label, colour: name, dash }) => ({ label, stroke: colour(name), width: 1.5, spanGaps: false, points: { show: false }, paths: stepped, value: (_: uPlot, value: number | null) => drawn(value), ...(dash ? { dash } : {}) })),
    ],
  };
}
