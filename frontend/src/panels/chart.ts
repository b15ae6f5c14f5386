/** The uPlot drawing of a place's last day and forecast. */
import uPlot from "uplot";
import type { Level } from "../api";
import type { Threshold } from "../levels";
import type { ChartRow } from "../model";
import { THEMES, type ThemeName } from "../theme";

export interface Drawing {
  rows: readonly ChartRow[];
  thresholds: readonly Threshold[];
  now: number;
  theme: ThemeName;
  unit: string;
  nowWord: string;
  zone: string;
  formatTime: (seconds: number) => string;
  formatDay: (seconds: number) => string;
  formatValue: (value: number) => string;
  pointed: (index: number | null) => void;
}

const FONT = "12px system-ui, sans-serif";
const STEPS_H = [1, 2, 3, 4, 6, 12, 24];

const withAlpha = (colour: string, alpha: number): string => `${colour}${Math.round(alpha * 255).toString(16).padStart(2, "0")}`;

/** Ticks on whole hours of the wall clock, whatever the offset of the zone. */
export function hourTicks(from: number, to: number, room: number, zone: string): number[] {
  const hours = (to - from) / 3600;
  const step = STEPS_H.find((candidate) => hours / candidate <= room) ?? 24;
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const ticks: number[] = [];
  for (let time = Math.ceil(from / 1800) * 1800; time <= to; time += 1800) {
    const [hour = 0, minute = 0] = format.format(time * 1000).split(":").map(Number);
    if (minute === 0 && hour % step === 0) ticks.push(time);
  }
  return ticks;
}

export function columns(rows: readonly ChartRow[], thresholds: readonly Threshold[]): uPlot.AlignedData {
  const lines = (["yellow", "orange", "red"] as const).map((level) => {
    const threshold = thresholds.find((candidate) => candidate.level === level);
    return rows.map((row) => {
      if (!threshold) return undefined;
      const flat = threshold.at(null);
      return flat ?? (row.normal === undefined ? undefined : threshold.at(row.normal));
    });
  });
  return [
    rows.map((row) => row.time),
    rows.map((row) => row.p97_5),
    rows.map((row) => row.p2_5),
    rows.map((row) => row.p90),
    rows.map((row) => row.p10),
    rows.map((row) => row.p75),
    rows.map((row) => row.p25),
    rows.map((row) => row.high),
    rows.map((row) => row.low),
    rows.map((row) => row.normal),
    ...lines,
    rows.map((row) => row.measured),
    rows.map((row) => row.p50),
  ] as uPlot.AlignedData;
}

/** From zero to just above what is drawn; a threshold far above does not flatten the curve. */
export function top(rows: readonly ChartRow[], thresholds: readonly Threshold[]): number {
  let most = 0;
  for (const row of rows) {
    for (const value of [row.measured, row.high, row.normal, row.p97_5]) most = Math.max(most, value ?? 0);
  }
  const highest = (threshold: Threshold) => Math.max(0, ...rows.map((row) => threshold.at(null) ?? threshold.at(row.normal ?? null) ?? 0));
  const reached = thresholds.map(highest).filter((value) => value < most * 1.6);
  return Math.max(1, most, ...reached) * 1.08;
}

export function makeChart(host: HTMLElement, width: number, height: number, drawing: () => Drawing): uPlot {
  const first = drawing();
  const theme = THEMES[first.theme];
  const level = (name: Level): uPlot.Series => ({ stroke: theme.levels[name], width: 1.25, dash: [2, 3, 8, 3], points: { show: false } });
  const hidden: uPlot.Series = { points: { show: false } };
  const axis = { font: FONT, stroke: theme.soft, grid: { stroke: theme.line, width: 0.5 }, ticks: { stroke: theme.line, width: 0.5 } };
  return new uPlot(
    {
      width,
      height,
      padding: [8, 10, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false, setScale: false }, points: { size: 6 } },
      scales: { x: { time: true }, y: { range: () => [0, top(drawing().rows, drawing().thresholds)] } },
      axes: [
        {
          ...axis,
          size: 44,
          splits: (chart, _axis, from, to) => hourTicks(from, to, chart.width / 62, drawing().zone),
          values: (_chart, splits) =>
            splits.map((split, index) => {
              const { formatTime, formatDay } = drawing();
              const day = formatDay(split);
              const before = splits[index - 1];
              return before === undefined || formatDay(before) !== day ? `${formatTime(split)}\n${day}` : formatTime(split);
            }),
        },
        { ...axis, size: 58, label: first.unit, labelSize: 18, labelFont: FONT, values: (_chart, splits) => splits.map(drawing().formatValue) },
      ],
      series: [
        {},
        hidden,
        hidden,
        hidden,
        hidden,
        hidden,
        hidden,
        hidden,
        hidden,
        { stroke: theme.soft, width: 1.25, dash: [1, 4], cap: "round", points: { show: false } },
        level("yellow"),
        level("orange"),
        level("red"),
        { stroke: theme.ink, width: 2 },
        { stroke: theme.forecast, width: 2, dash: [7, 5], points: { show: false } },
      ],
      bands: [
        { series: [1, 2], fill: withAlpha(theme.forecast, 0.13) },
        { series: [3, 4], fill: withAlpha(theme.forecast, 0.17) },
        { series: [5, 6], fill: withAlpha(theme.forecast, 0.24) },
        { series: [7, 8], fill: withAlpha(theme.ink, 0.13) },
      ],
      hooks: {
        drawClear: [(chart) => paintAhead(chart, drawing())],
        draw: [(chart) => paintNow(chart, drawing())],
        setCursor: [(chart) => drawing().pointed(chart.cursor.idx ?? null)],
      },
    },
    columns(first.rows, first.thresholds),
    host,
  );
}

function paintAhead(chart: uPlot, { now, theme }: Drawing): void {
  const from = Math.max(chart.bbox.left, chart.valToPos(now, "x", true));
  const to = chart.bbox.left + chart.bbox.width;
  if (!(from < to)) return;
  chart.ctx.save();
  chart.ctx.fillStyle = THEMES[theme].forecastGround;
  chart.ctx.fillRect(from, chart.bbox.top, to - from, chart.bbox.height);
  chart.ctx.restore();
}

function paintNow(chart: uPlot, { now, theme, nowWord }: Drawing): void {
  const x = chart.valToPos(now, "x", true);
  if (x < chart.bbox.left || x > chart.bbox.left + chart.bbox.width) return;
  const pen = chart.ctx;
  const ratio = devicePixelRatio || 1;
  pen.save();
  pen.strokeStyle = pen.fillStyle = THEMES[theme].ink;
  pen.lineWidth = 1.5 * ratio;
  pen.beginPath();
  pen.moveTo(x, chart.bbox.top);
  pen.lineTo(x, chart.bbox.top + chart.bbox.height);
  pen.stroke();
  pen.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  pen.textBaseline = "top";
  pen.textAlign = "right";
  pen.fillText(nowWord, x - 4 * ratio, chart.bbox.top + 2 * ratio);
  pen.restore();
}
