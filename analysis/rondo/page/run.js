// The stacked bars of a run.
function stacked(parts, colours, unit, total) {
  const rows = Object.keys(parts), names = Object.keys(colours).filter((name) => rows.some((row) => parts[row][name]));
  const data = names.map((name) => ({type: "bar", orientation: "h", name: words(name), y: rows.map(words), x: rows.map((row) => parts[row][name] || 0),
    marker: {color: colour(colours[name]), line: {width: 0}},
    text: rows.map((row) => `${words(row)}: ${words(name)}<br>${unit ? si(parts[row][name] || 0, unit) : whole(parts[row][name] || 0) + " cycles"}, ` +
      share((parts[row][name] || 0) / total)), textposition: "none", hovertemplate: "%{text}<extra></extra>"}));
  return {data, layout: {barmode: "stack", bargap: 0.3, margin: {l: 8, r: 16, t: 8, b: 44}, yaxis: {autorange: "reversed", fixedrange: true, showgrid: false},
    xaxis: {title: {text: unit ? "energy" : "cycles"}, tickformat: "~s", ticksuffix: unit, fixedrange: true, rangemode: "tozero", nticks: narrow() ? 4 : 8}}};
}

// Parts below half a percent of everything become one, so that the legend stays readable.
function withoutCrumbs(parts, total) {
  const sums = new Map();
  for (const part of Object.values(parts)) for (const [name, value] of Object.entries(part)) sums.set(name, (sums.get(name) || 0) + value);
  return Object.fromEntries(Object.entries(parts).map(([row, part]) => {
    const kept = {};
    for (const [name, value] of Object.entries(part)) {
      const shown = name === "leakage" || sums.get(name) > 0.005 * total ? name : "other";
      kept[shown] = (kept[shown] || 0) + value;
    }
    return [row, kept];
  }));
}

const firstUse = (parts, series) => {
  const names = new Map();
  for (const part of Object.values(parts)) for (const [name, value] of Object.entries(part)) names.set(name, (names.get(name) || 0) + value);
  const ordered = [...names].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  return Object.fromEntries(ordered.map((name, index) => [name, name === "leakage" ? "#BBBBBB" : name === "other" ? "#000000" : series[index % series.length]]));
};

function showRun(page) {
  const sum = (part) => Object.values(part).reduce((a, b) => a + b, 0);
  if (page.path) {
    const path = Object.fromEntries(Object.entries(withoutCrumbs(page.path, page.total)).sort((a, b) => sum(b[1]) - sum(a[1])));
    chart("path", () => stacked(path, firstUse(path, page.series), "", page.total));
  }
  if (page.timeline) showTimeline(page);
  chart("cycles", () => stacked(page.cycles, page.causes, "", page.total));
  const joules = Object.values(page.energy).map(sum).reduce((a, b) => a + b, 0);
  const parts = withoutCrumbs(page.energy, joules);
  chart("energy", () => stacked(parts, firstUse(parts, page.series), "J", joules));
}
