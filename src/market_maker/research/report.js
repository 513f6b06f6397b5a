"use strict";
// Draws the charts of the page from the numbers in it, by uPlot: values hold until the next one, times are UTC, colours are
// the page's. A chart over time zooms with all others over time.

const VALUES_WIDE = 84; // the same in every chart, so that equal times stand above each other
const STYLES = {
  mid: ["--mid"], buy: ["--buy"], sell: ["--sell", [5, 2]], net: ["--net", [], 2.2], spread: ["--spread", [7, 3]],
  alone: ["--spread", [], 1.8], inventory: ["--inventory"], fees: ["--fees", [2, 3]], funding: ["--rule", [7, 3]],
  "case-0": ["--net", [], 2.2], "case-1": ["--buy"], "case-2": ["--sell", [5, 2]], "case-3": ["--spread"],
  "case-4": ["--inventory", [7, 3]], "case-5": ["--fees"], "case-6": ["--rule", [2, 3]], "case-7": ["--mid", [9, 3, 2, 3]],
};
const ROWS = 20; // of a chart's table of numbers
const STEP = 0.25; // of what is shown, that a key moves or zooms by

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const stamp = (seconds, to) => new Date(Math.round(seconds * 1e3)).toISOString().slice(11, to);

function made(tag, text, parent) {
  const element = document.createElement(tag);
  element.textContent = text;
  parent?.append(element);
  return element;
}

/** Numbers from their differences in units of 10^-places; null is a gap. */
function summed(steps, places) {
  let sum = 0;
  return steps.map((step) => (step === null ? null : (sum += step) / 10 ** places));
}

/** One column of seconds and one for each line, each value held until the next. */
function overTime(chart) {
  const lines = chart.lines.map((line) => ({ times: summed(line.t, 0), values: summed(line.v, line.places) }));
  const grid = [...new Set([0, chart.end, ...lines.flatMap((line) => line.times)])].sort((a, b) => a - b);
  const held = lines.map(({ times, values }) => {
    let next = 0, value = null;
    return grid.map((at) => {
      while (next < times.length && times[next] <= at) value = values[next++];
      return value;
    });
  });
  return [grid.map((at) => (chart.start + at) / 1e3), ...held];
}

const overPlaces = (chart) => [chart.places.map((_, place) => place), ...chart.lines.map((line) => line.values)];

const written = (chart, value) => (value === null || value === undefined ? "–"
  : value.toLocaleString("en", { minimumFractionDigits: chart.decimals, maximumFractionDigits: chart.decimals }).replace("-", "−"));

/** Where a place of the horizontal axis is, in words. */
const placed = (chart, x) => (chart.places ? chart.places[Math.round(x)] ?? "" : stamp(x, 23));

/** Of the vertical axis: what is seen, levels and zero, with some room. */
function range(chart, low, high) {
  const whiskers = (chart.places ? chart.lines : []).flatMap(({ values, errors }) =>
    errors.flatMap((error, place) => (values[place] === null ? [] : [values[place] - error, values[place] + error])));
  const more = [...chart.rules.map((rule) => rule.value), ...whiskers, ...(chart.zero ? [0] : [])];
  const least = Math.min(low ?? Infinity, ...more), most = Math.max(high ?? -Infinity, ...more);
  if (!Number.isFinite(least)) return [0, 1];
  const room = 0.06 * (most - least) || Math.max(Math.abs(most) * 0.01, 1);
  return [least - room, most + room];
}

/** Levels, zero, the place of now, whiskers and single events, over the lines. */
function extras(plot, chart) {
  const { ctx, bbox } = plot, ratio = devicePixelRatio;
  const across = (x) => plot.valToPos(x, "x", true), down = (y) => plot.valToPos(y, "y", true);
  const stroke = (name, dash, ...points) => {
    ctx.strokeStyle = colour(name);
    ctx.setLineDash(dash.map((each) => each * ratio));
    ctx.beginPath();
    points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.stroke();
  };
  const level = (name, dash, y) => stroke(name, dash, [bbox.left, y], [bbox.left + bbox.width, y]);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = ratio;
  ctx.font = `${12 * ratio}px system-ui`;
  [ctx.textAlign, ctx.textBaseline] = ["left", "alphabetic"];
  if (chart.zero) level("--soft", [], down(0));
  for (const rule of chart.rules) {
    level("--rule", [6, 4], down(rule.value));
    ctx.fillStyle = colour("--soft");
    ctx.fillText(rule.label, bbox.left + 4 * ratio, down(rule.value) - 5 * ratio);
  }
  if (chart.places && chart.current !== null) {
    stroke("--soft", [], [across(chart.current), bbox.top], [across(chart.current), bbox.top + bbox.height]);
  }
  for (const { values, errors } of chart.places ? chart.lines : []) {
    errors.forEach((error, place) => {
      if (values[place] === null) return;
      const x = across(place), low = down(values[place] - error), high = down(values[place] + error), half = 6 * ratio;
      stroke("--soft", [], [x, low], [x, high]);
      for (const y of [low, high]) stroke("--soft", [], [x - half, y], [x + half, y]);
    });
  }
  for (const markers of chart.markers ?? []) triangles(ctx, markers, across, down, chart);
  ctx.restore();
}

function triangles(ctx, markers, across, down, chart) {
  const times = summed(markers.t, 0), values = summed(markers.v, markers.places);
  const half = (times.length > 60 ? 3.5 : 5) * devicePixelRatio * (markers.up ? 1 : -1);
  ctx.setLineDash([]);
  ctx.lineWidth = 1.6 * devicePixelRatio;
  ctx.strokeStyle = colour(STYLES[markers.style][0]);
  ctx.fillStyle = markers.up ? ctx.strokeStyle : colour("--card");
  ctx.beginPath();
  times.forEach((at, i) => {
    const x = across((chart.start + at) / 1e3), y = down(values[i]);
    ctx.moveTo(x, y - half);
    ctx.lineTo(x + half, y + half);
    ctx.lineTo(x - half, y + half);
    ctx.closePath();
  });
  ctx.fill();
  ctx.stroke();
}

function options(host, chart, shown) {
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { stroke: colour("--grid"), width: 1 } };
  const last = chart.places ? chart.places.length - 1 : 0;
  const clocks = (_, splits, __, ___, step) => splits.map((at) => stamp(at, step < 1 ? 23 : step < 60 ? 19 : 16));
  const across = chart.places
    ? { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100], space: 90, values: (_, splits) => splits.map((at) => chart.places[at] ?? "") }
    : { ...axis, space: 90, values: clocks };
  return {
    width: host.clientWidth,
    height: chart.height,
    padding: [8, 26, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
    cursor: { drag: { x: true, y: false }, ...(chart.places ? {} : { sync: { key: "time" } }) },
    scales: {
      x: chart.places ? { time: false, range: (_, low, high) => (low <= 0 && high >= last ? [-0.5, last + 0.5] : [low, high]) } : {},
      y: { range: (_, low, high) => range(chart, low, high) },
    },
    axes: [across, { ...axis, size: VALUES_WIDE }],
    legend: { markers: { width: 3, dash: (_, i) => (STYLES[chart.lines[i - 1].style][1]?.length ? "dashed" : "solid") } },
    series: [
      { label: chart.places ? "at" : "UTC", value: (_, x) => (x === null ? "–" : placed(chart, x)) },
      ...chart.lines.map(({ label, style }) => ({
        label, stroke: colour(STYLES[style][0]), dash: STYLES[style][1], width: STYLES[style][2] ?? 1.4, spanGaps: false,
        points: { show: Boolean(chart.places) && last < 20 },
        paths: chart.places ? uPlot.paths.linear() : uPlot.paths.stepped({ align: 1 }),
        value: (_, value) => written(chart, value),
      })),
    ],
    hooks: {
      draw: [(plot) => extras(plot, chart)],
      setScale: [(plot, key) => {
        const { min, max } = plot.scales.x;
        if (key === "x" && min !== null) shown.textContent = `shown: ${placed(chart, Math.max(min, plot.data[0][0]))} to ${placed(chart, Math.min(max, plot.data[0].at(-1)))}`;
      }],
    },
  };
}

/** A chart's numbers as a table, evenly apart, for readers who cannot see it. */
function numbers(chart, data) {
  const details = document.createElement("details");
  made("summary", "Numbers", details);
  details.addEventListener("toggle", () => {
    const table = made("table", "", details), head = made("tr", "", table), count = data[0].length;
    for (const name of [chart.places ? "at" : "UTC", ...chart.lines.map((line) => line.label)]) made("th", name, head);
    const rows = new Set(Array.from({ length: ROWS }, (_, i) => Math.round((i * (count - 1)) / (ROWS - 1))));
    for (const at of rows) {
      const row = made("tr", "", table);
      data.forEach((column, i) => made("td", i ? written(chart, column[at]) : placed(chart, column[at]), row));
    }
  }, { once: true });
  return details;
}

const given = JSON.parse(document.getElementById("charts").textContent);
const charts = [...document.querySelectorAll("[data-chart]")].map((host) => {
  const chart = given[Number(host.dataset.chart)];
  const data = chart.places ? overPlaces(chart) : overTime(chart);
  const shown = document.createElement("output");
  shown.className = "shown";
  host.after(shown, numbers(chart, data));
  const mine = { chart, plot: null, draw: () => {
    mine.plot?.destroy();
    mine.plot = new uPlot(options(host, chart, shown), data, host);
  } };
  mine.draw();
  new ResizeObserver(() => {
    if (mine.plot.width !== host.clientWidth) mine.plot.setSize({ width: host.clientWidth, height: chart.height });
  }).observe(host);
  host.addEventListener("keydown", (event) => move(event, mine));
  return mine;
});

/** Zooms or moves by a key: a chart over time with all others over time. */
function move(event, mine) {
  const xs = mine.plot.data[0], { min, max } = mine.plot.scales.x, part = (max - min) * STEP;
  const left = Math.min(part, min - xs[0]), right = Math.min(part, xs.at(-1) - max);
  const asked = {
    "+": [min + part, max - part], "-": [min - left, max + right], 0: [xs[0], xs.at(-1)],
    ArrowLeft: [min - left, max - left], ArrowRight: [min + right, max + right],
  }[event.key];
  if (!asked || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  for (const each of mine.chart.places ? [mine] : charts.filter((other) => !other.chart.places)) {
    each.plot.setScale("x", { min: asked[0], max: asked[1] });
  }
}

for (const query of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(query).addEventListener("change", () => charts.forEach((each) => each.draw()));
}
