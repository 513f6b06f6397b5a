import { useEffect, useRef, type ReactNode } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export type Point = (number | null)[];
export type Series = { label: string; colour: string; dash?: number[] };

type Props = { title: string; series: Series[]; points: readonly Point[]; sync: string; height?: number };

const clock = (seconds: number): string => new Date(seconds * 1e3).toISOString().slice(11, 19);
const stepped = uPlot.paths.stepped!({ align: 1 });

/** A stepped chart over time in UTC; a null is a gap. The same numbers stand in a table below it. */
export function Chart({ title, series, points, sync, height = 160 }: Props): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const at = host.current!;
    plot.current = new uPlot(options(at, series, sync, height), columns([], series.length), at);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: at.clientWidth, height }));
    observer.observe(at);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [series, sync, height]);
  useEffect(() => {
    const frame = requestAnimationFrame(() => plot.current?.setData(columns(points, series.length)));
    return () => cancelAnimationFrame(frame);
  }, [points, series.length]);
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <div ref={host} role="img" aria-label={`${title}, the last values stand in the table below`} />
      <details>
        <summary>Numbers</summary>
        <table>
          <thead><tr><th scope="col">UTC</th>{series.map((each) => <th key={each.label} scope="col" className="num">{each.label}</th>)}</tr></thead>
          <tbody>{points.slice(-10).map((point) => (
            <tr key={point[0]}><td>{clock(point[0] ?? 0)}</td>{series.map((each, i) => <td key={each.label} className="num">{point[i + 1] ?? "–"}</td>)}</tr>))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

function columns(points: readonly Point[], count: number): uPlot.AlignedData {
  return Array.from({ length: count + 1 }, (_, i) => points.map((point) => point[i] ?? null)) as unknown as uPlot.AlignedData;
}

function options(at: HTMLElement, series: Series[], sync: string, height: number): uPlot.Options {
  const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { show: false } };
  return {
    width: at.clientWidth,
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
    cursor: { sync: { key: sync }, drag: { x: true, y: false } },
    axes: [{ ...axis, values: (_, splits) => splits.map(clock) }, { ...axis, size: 84 }],
    series: [
      { label: "UTC", value: (_, seconds) => (seconds === null ? "–" : clock(seconds)) },
      ...series.map(({ label, colour: name, dash }) => ({ label, stroke: colour(name), width: 1.5, spanGaps: false, points: { show: false }, paths: stepped, ...(dash ? { dash } : {}) })),
    ],
  };
}
