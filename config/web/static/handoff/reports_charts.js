/* The charts that only reports have: flows between places, shares with intervals, fields of days and hours.
   Each returns the options of ECharts from the data of reports/documents/drawings.py, in the colours of the style sheet. */

const number = (value) => (value === null || value === undefined ? "–" : value.toLocaleString("en-GB"));
const tip = (look, text) => ({ renderMode: "richText", confine: true, backgroundColor: look.raised, borderColor: look.line, textStyle: { ...text, color: look.ink } });

function sankey(spec, look, text) {
  const labels = new Map(spec.places.map((place) => [place.name, place.label]));
  return {
    animation: false, textStyle: text, aria: { enabled: false },
    tooltip: {
      ...tip(look, text), trigger: "item",
      formatter: ({ dataType, data, name, value }) =>
        dataType === "edge" ? `${labels.get(data.source)} → ${labels.get(data.target)}: ${number(data.value)}` : `${labels.get(name)}: ${number(value)}`,
    },
    series: [{
      type: "sankey", nodeAlign: "left", left: 8, right: 160, top: 12, bottom: 12, nodeWidth: 12, nodeGap: 14, draggable: false, emphasis: { focus: "adjacency" }, labelLayout: { hideOverlap: true },
      label: { ...text, color: look.ink, formatter: ({ name }) => labels.get(name), overflow: "truncate", width: 152 },
      data: spec.places.map((place) => ({ name: place.name, itemStyle: { color: look.tone(place.tone), borderWidth: 0 } })),
      links: spec.flows.map((flow) => ({
        source: flow.source, target: flow.target, value: flow.value,
        lineStyle: flow.back ? { color: look.bad, opacity: 0.35 } : { color: "source", opacity: 0.28 },
      })),
      lineStyle: { curveness: 0.5 },
    }],
  };
}

/* One group of four series each: the share, the lower end, the upper end, what it is of. */
function intervals(spec, look, text) {
  const groups = [];
  for (let first = 0; first < spec.series.length; first += 4) groups.push(spec.series.slice(first, first + 4));
  const across = spec.labels.length > 6 && groups.length === 1;
  const names = {
    type: "category", data: spec.labels, inverse: across, axisTick: { show: false }, axisLine: { lineStyle: { color: look.line } },
    axisLabel: { ...text, hideOverlap: true, width: across ? 130 : undefined, overflow: "truncate" }, name: spec.xTitle, nameLocation: "middle", nameGap: 28, nameTextStyle: text,
  };
  const figures = {
    type: "value", min: 0, axisLabel: { ...text, formatter: "{value} %" }, splitLine: { lineStyle: { color: look.line } }, splitNumber: 4,
    name: across ? "" : spec.yTitle, nameTextStyle: { ...text, align: "left" },
  };
  const shift = (index) => (index - (groups.length - 1) / 2) * 12;
  const whiskers = groups.map(([share, low, high], index) => ({
    type: "custom", name: share.name, silent: true, z: 2, itemStyle: { color: look.series[index] },
    encode: across ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] },
    data: spec.labels.map((_, place) => [place, low.data[place], high.data[place]]),
    renderItem: (_, api) => {
      if (Number.isNaN(api.value(1)) || api.value(1) === null) return null;
      const at = (value) => api.coord(across ? [value, api.value(0)] : [api.value(0), value]);
      const [from, to] = [at(api.value(1)), at(api.value(2))];
      const style = { stroke: look.series[index], lineWidth: 1.5, opacity: 0.7 };
      const shape = across
        ? { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }
        : { x1: from[0] + shift(index), y1: from[1], x2: to[0] + shift(index), y2: to[1] };
      return { type: "line", shape, style };
    },
  }));
  const dots = groups.map(([share], index) => ({
    type: "scatter", name: share.name, symbolSize: 9, z: 3, itemStyle: { color: look.series[index] }, symbolOffset: across ? [0, 0] : [shift(index), 0],
    data: share.data.map((value, place) => (across ? [value, place] : [place, value])),
  }));
  return {
    animation: false, textStyle: text, aria: { enabled: false },
    grid: { left: 8, right: 16, top: groups.length > 1 ? 34 : spec.yTitle && !across ? 28 : 12, bottom: spec.xTitle ? 26 : 6, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: groups.length > 1 ? { top: 0, left: 0, itemHeight: 8, itemWidth: 14, textStyle: { ...text, color: look.ink }, data: groups.map(([share]) => share.name) } : undefined,
    tooltip: {
      ...tip(look, text), trigger: "item",
      formatter: ({ dataIndex, seriesName }) => {
        const group = groups.find(([share]) => share.name === seriesName) ?? groups[0];
        const [share, low, high, whole] = group.map((one) => one.data[dataIndex]);
        return `${spec.labels[dataIndex]}\n${seriesName}: ${number(share)} % of ${number(whole)}\n95 %: ${number(low)} to ${number(high)} %`;
      },
    },
    xAxis: across ? figures : names, yAxis: across ? names : figures, series: [...whiskers, ...dots],
  };
}

function heat(spec, look, text) {
  const cells = spec.series.flatMap((row, down) => row.data.map((value, along) => [along, down, value]));
  const largest = Math.max(1, ...cells.map(([, , value]) => value ?? 0));
  const names = (data, extra) => ({ type: "category", data, axisTick: { show: false }, axisLine: { show: false }, axisLabel: { ...text, hideOverlap: true }, splitArea: { show: false }, ...extra });
  return {
    animation: false, textStyle: text, aria: { enabled: false },
    grid: { left: 8, right: 8, top: 8, bottom: 6, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: { ...tip(look, text), trigger: "item", formatter: ({ data }) => `${spec.series[data[1]].name}, ${spec.labels[data[0]]}: ${number(data[2])}${spec.unit ? ` ${spec.unit}` : ""}` },
    visualMap: { show: false, min: 0, max: largest, inRange: { color: [look.raised, look.series[0]] } },
    xAxis: names(spec.labels), yAxis: names(spec.series.map((row) => row.name), { inverse: true }),
    series: [{ type: "heatmap", data: cells.map(([along, down, value]) => [along, down, value ?? "-"]), itemStyle: { borderColor: look.line, borderWidth: 1 } }],
  };
}

window.chartKinds = { ...window.chartKinds, sankey, intervals, heat };

/* Printing wants every part: those that come later are waited for. Without scripts the link opens the whole report. */
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-print-full]")) return;
  event.preventDefault();
  const print = () => document.querySelector("#report [aria-busy=true]") ? setTimeout(print, 150) : window.print();
  print();
});
