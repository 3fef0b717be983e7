/** Draws with Chart.js; the only file that imports it, and imported only when a chart is on the page. */
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LineController,
  LineElement,
  LinearScale,
  PointElement,
  Tooltip,
  type ChartConfiguration,
  type TooltipItem,
} from "chart.js";
import { shortDay, tick, worded, type ChartSpec, type Lines, type Whiskers } from "./spec.js";

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LineController,
  LineElement,
  LinearScale,
  PointElement,
  Tooltip,
);

/** The console's colours, read from its custom properties. */
export interface Colours {
  ink: string;
  soft: string;
  line: string;
  card: string;
  series: readonly string[];
  font: string;
}

export interface Plot {
  destroy(): void;
}

type Mixed = ChartConfiguration<"bar" | "line", (number | null | [number, number])[], string>;

export function draw(canvas: HTMLCanvasElement, spec: ChartSpec, colours: Colours): Plot {
  Object.assign(Chart.defaults.font, { family: colours.font, size: 12.5 });
  const config = spec.kind === "whiskers" ? whiskers(spec, colours) : lines(spec, colours);
  return new Chart(canvas, config);
}

function common(colours: Colours) {
  return { animation: false, maintainAspectRatio: false, color: colours.ink } as const;
}

function axis(colours: Colours, unit: ChartSpec["unit"], most = 6) {
  return {
    grid: { color: colours.line, drawTicks: false },
    border: { display: false },
    ticks: {
      color: colours.soft,
      padding: 8,
      maxTicksLimit: most,
      maxRotation: 0,
      callback: (value: number | string) => tick(Number(value), unit),
    },
  };
}

function names(colours: Colours) {
  return {
    grid: { display: false },
    border: { color: colours.line },
    ticks: { color: colours.ink, padding: 6, autoSkip: false },
  };
}

function tooltip(colours: Colours, label: (item: TooltipItem<"bar" | "line">) => string) {
  return {
    backgroundColor: colours.ink,
    titleColor: colours.card,
    bodyColor: colours.card,
    padding: 9,
    displayColors: false,
    callbacks: { label },
  };
}

function whiskers(spec: Whiskers, colours: Colours): Mixed {
  const told = (item: TooltipItem<"bar" | "line">): string => {
    const row = spec.rows[item.dataIndex];
    return row
      ? `${worded(row.value, spec.unit)} (${worded(row.low, spec.unit)} to ${worded(row.high, spec.unit)})`
      : "";
  };
  return {
    type: "bar",
    data: { labels: spec.rows.map((row) => row.name), datasets: dots(spec, colours) },
    options: {
      ...common(colours),
      indexAxis: "y",
      interaction: { mode: "nearest", axis: "y", intersect: false },
      scales: {
        x: {
          ...axis(colours, spec.unit),
          ...(spec.from === null ? {} : { min: spec.from }),
          ...(spec.to === null ? {} : { max: spec.to }),
          grid: {
            drawTicks: false,
            color: ({ tick: at }) => (at.value === spec.line ? colours.soft : colours.line),
          },
        },
        y: names(colours),
      },
      plugins: {
        legend: { display: false },
        tooltip: { ...tooltip(colours, told), filter: (item) => item.datasetIndex === 0 },
      },
    },
  };
}

/** The dots, then thin bars from low to high as their whiskers. */
function dots(spec: Whiskers, colours: Colours): Mixed["data"]["datasets"] {
  const colour = colours.series[0] ?? colours.ink;
  return [
    {
      type: "line",
      data: spec.rows.map((row) => row.value),
      showLine: false,
      pointRadius: 5.5,
      pointHoverRadius: 7,
      pointBackgroundColor: colour,
      pointBorderColor: colours.card,
      pointBorderWidth: 1.5,
    },
    {
      type: "bar",
      data: spec.rows.map((row) => (row.low === null || row.high === null ? null : [row.low, row.high])),
      barThickness: 4,
      borderRadius: 2,
      borderSkipped: false,
      backgroundColor: colour,
      grouped: false,
    },
  ];
}

function lines(spec: Lines, colours: Colours): Mixed {
  const told = (item: TooltipItem<"bar" | "line">): string =>
    `${item.dataset.label ?? ""}: ${worded(item.parsed.y, spec.unit)}`;
  return {
    type: "line",
    data: {
      labels: spec.days.map(shortDay),
      datasets: spec.series.map((one, i) => {
        const colour = colours.series[i % colours.series.length] ?? colours.ink;
        return {
          type: "line",
          label: one.name,
          data: [...one.values],
          borderColor: colour,
          backgroundColor: colour,
          borderWidth: 2,
          pointRadius: spec.days.length > 31 ? 0 : 2.5,
          pointHoverRadius: 5,
          tension: 0.2,
          spanGaps: true,
          // Lines differ by more than their colour.
          borderDash: [[], [7, 3], [2, 3], [10, 3, 2, 3], [4, 2]][i % 5] ?? [],
        };
      }),
    },
    options: {
      ...common(colours),
      interaction: { mode: "index", intersect: false },
      scales: {
        x: {
          grid: { display: false },
          border: { color: colours.line },
          ticks: { color: colours.soft, maxRotation: 0, autoSkipPadding: 14 },
        },
        y: { ...axis(colours, spec.unit, 5), beginAtZero: true },
      },
      plugins: {
        legend: {
          display: spec.series.length > 1,
          position: "bottom",
          labels: { color: colours.ink, boxWidth: 22, boxHeight: 0, padding: 14 },
        },
        tooltip: { ...tooltip(colours, told), displayColors: false },
      },
    },
  };
}
