/* Draws the charts of config/web/charts.py. ECharts is fetched only when a page shows one. They are drawn on a canvas, with
   tooltips as canvas text, because the security policy allows no inline style; the figures stand in a table beside. */

const drawn = new Map();
let library = null;

function fetchLibrary(address) {
  library ??= new Promise((ready, failed) => {
    document.head.append(Object.assign(document.createElement("script"), { src: address, onload: ready, onerror: failed }));
  });
  return library;
}

/* Colours come from the style sheet, resolved for the theme by the browser itself. */
function colour(value, css = "") {
  const probe = Object.assign(document.createElement("i"), { className: css });
  probe.style.color = value;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function palette() {
  return {
    ink: colour("var(--ink)"), soft: colour("var(--soft)"), line: colour("var(--line)"), raised: colour("var(--raised)"),
    bad: colour("var(--bad)"), series: [1, 2, 3, 4, 5, 6].map((number) => colour(`var(--chart-${number})`)),
    tone: (name) => colour("var(--tone)", `tone-${name}`),
  };
}

const NAMED = { good: "var(--good)", warn: "var(--warn)", bad: "var(--bad-solid)", accent: "var(--accent)", quiet: "var(--line-strong)" };

function seriesOf(spec, look) {
  const bars = ["bar", "stacked", "funnel"].includes(spec.kind);
  const figures = spec.series.map((one, index) => {
    const paint = one.tone ? (NAMED[one.tone] ? colour(NAMED[one.tone]) : look.tone(one.tone)) : look.series[index % look.series.length];
    const figure = {
      name: one.name, data: one.data, color: paint, itemStyle: { color: paint, borderWidth: 0 }, emphasis: { focus: "none" },
      type: bars ? "bar" : spec.kind === "scatter" ? "scatter" : "line",
    };
    if (bars) Object.assign(figure, { barMaxWidth: 36, stack: spec.kind === "stacked" ? "all" : undefined });
    else Object.assign(figure, { symbol: "circle", symbolSize: spec.kind === "scatter" ? 8 : 5, lineStyle: { width: 2, type: one.dashed ? "dashed" : "solid" } });
    if (spec.kind === "area") figure.areaStyle = { opacity: 0.16 };
    if (spec.kind === "funnel") figure.label = { show: true, position: "right", color: look.ink, fontSize: 12 };
    return figure;
  });
  if (spec.target === null) return figures;
  const line = { color: look.ink, width: 1.5, type: "dashed" };
  if (spec.kind === "funnel") figures[0].markLine = { silent: true, symbol: "none", data: [{ xAxis: spec.target }], lineStyle: line };
  else figures.push({ name: `${spec.targetLabel} ${spec.target}`, type: "line", data: spec.labels.map(() => spec.target), symbol: "none", color: look.ink, lineStyle: line });
  return figures;
}

export function optionsOf(spec) {
  const look = palette();
  const text = { color: look.soft, fontSize: 12, fontFamily: getComputedStyle(document.body).fontFamily };
  const own = window.chartKinds?.[spec.kind]; // kinds that an app's own script draws
  if (own) return own(spec, look, text);
  const across = spec.kind === "funnel";
  const named = spec.series.length > 1 || (spec.target !== null && !across);
  const names = {
    type: "category", data: spec.labels, inverse: across, axisTick: { show: false }, axisLine: { lineStyle: { color: look.line } },
    axisLabel: { ...text, hideOverlap: true, width: across ? 130 : undefined, overflow: "truncate" },
    name: spec.xTitle, nameLocation: "middle", nameGap: 28, nameTextStyle: text,
  };
  const figures = {
    type: "value", axisLabel: { ...text, formatter: `{value}${spec.unit ? ` ${spec.unit}` : ""}` }, splitLine: { lineStyle: { color: look.line } },
    name: spec.yTitle, nameTextStyle: { ...text, align: "left" }, splitNumber: 4,
  };
  return {
    animation: false, textStyle: text, aria: { enabled: false },
    grid: { left: 8, right: across ? 56 : 12, top: (named ? 34 : 12) + (spec.yTitle ? 16 : 0), bottom: spec.xTitle ? 26 : 6, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: named ? { top: 0, left: 0, itemHeight: 8, itemWidth: 14, textStyle: { ...text, color: look.ink } } : undefined,
    tooltip: {
      trigger: spec.kind === "scatter" ? "item" : "axis", renderMode: "richText", confine: true, axisPointer: { type: "shadow", shadowStyle: { opacity: 0.12 } },
      backgroundColor: look.raised, borderColor: look.line, textStyle: { ...text, color: look.ink },
      valueFormatter: (value) => (value === null || value === undefined ? "–" : `${value}${spec.unit ? ` ${spec.unit}` : ""}`),
    },
    xAxis: across ? figures : names, yAxis: across ? names : figures, series: seriesOf(spec, look),
  };
}

async function draw(place) {
  if (drawn.has(place)) return;
  drawn.set(place, null);
  const spec = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  await fetchLibrary(place.dataset.script);
  const chart = window.echarts.init(place, null, { renderer: "canvas" });
  chart.setOption(optionsOf(spec));
  chart.on("click", (event) => spec.urls[event.dataIndex] && location.assign(spec.urls[event.dataIndex]));
  const size = new ResizeObserver(() => chart.resize());
  size.observe(place);
  drawn.set(place, { chart, spec, size });
}

/* Drawn when about to be seen: a long report opens as fast as a short one. */
const soon = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    soon.unobserve(target);
    draw(target);
  }
}, { rootMargin: "300px" });
const charts = (part) => part.querySelectorAll?.("[data-chart]") ?? [];

charts(document).forEach((place) => soon.observe(place));
document.addEventListener("htmx:load", (event) => charts(event.detail.elt).forEach((place) => soon.observe(place)));
addEventListener("beforeprint", () => charts(document).forEach(draw));
document.addEventListener("htmx:beforeCleanupElement", (event) => {
  const gone = drawn.get(event.detail.elt);
  gone?.size.disconnect();
  gone?.chart.dispose();
  drawn.delete(event.detail.elt);
});
document.addEventListener("theme", () => drawn.forEach((one) => one?.chart.setOption(optionsOf(one.spec), true)));
