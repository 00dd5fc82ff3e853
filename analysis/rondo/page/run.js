// The stacked bars of a run: {parts: row -> name -> value, colours: name -> colour, in the order of the stack}.
function stacked({parts, colours}, unit, total) {
  const rows = Object.keys(parts), names = Object.keys(colours).filter((name) => rows.some((row) => parts[row][name]));
  const value = (row, name) => parts[row][name] || 0;
  const text = (row, name) => `${literal(words(row))}: ${literal(words(name))}<br>` +
    `${unit ? si(value(row, name), unit) : whole(value(row, name)) + " cycles"}, ${share(value(row, name) / total)}`;
  const data = names.map((name) => ({type: "bar", orientation: "h", name: words(name), y: rows.map(words),
    x: rows.map((row) => value(row, name)), marker: {color: colour(colours[name]), line: {width: 0}},
    text: rows.map((row) => text(row, name)), textposition: "none", hovertemplate: "%{text}<extra></extra>"}));
  const longest = Math.max(...rows.map((row) => names.reduce((sum, name) => sum + value(row, name), 0)));
  return {data, layout: {barmode: "stack", bargap: 0.3, margin: {l: 8, r: 16, t: 8, b: 44},
    yaxis: {autorange: "reversed", fixedrange: true, showgrid: false},
    xaxis: {title: {text: unit ? "energy" : "cycles"}, fixedrange: true, rangemode: "tozero",
      ...evenTicks([0, 1.05 * longest], unit)}}};
}

function showRun(page) {
  const sum = (part) => Object.values(part).reduce((a, b) => a + b, 0);
  if (page.path) chart("path", () => stacked(page.path, "", page.total));
  if (page.timeline) showTimeline(page);
  chart("cycles", () => stacked(page.cycles, "", page.total));
  const joules = sum(Object.values(page.energy.parts).map(sum));
  chart("energy", () => stacked(page.energy, "J", joules));
}
