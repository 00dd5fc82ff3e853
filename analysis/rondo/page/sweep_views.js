// The other charts of a sweep: parallel coordinates, effects, one parameter at a time, the best of two.

// The colours of the lines: the first objective's of the designs that meet all constraints; grey for the others.
function lineColours({objectives, outside}, axis) {
  const out = (i) => outside[i].length > 0, within = axis.points.filter((_, i) => !out(i));
  const most = objectives[0].maximise, wire = css("--wire");
  if (!within.length) return {color: wire};
  const low = Math.min(...within), span = Math.max(...within) - low || 1;
  const color = axis.points.map((value, i) => (out(i) ? -0.1 : most ? (value - low) / span : 1 - (value - low) / span));
  const colorscale = [[0, wire], [0.09, wire], ...shades().map(([at, tone]) => [0.1 + 0.9 * at, tone])];
  return {color, colorscale, cmin: -1 / 9, cmax: 1};
}

// The places of the designs along an axis. Many spread a little round a value that they share: less than the 0.15 that
// a limit takes in, and inwards from both ends, where brushes stop.
function places({points, side, ends: [low, high]}) {
  if (!side || points.length <= 100) return points;
  return points.map((at, i) => {
    const spread = 0.24 * (((i * 0.618034) % 1) - 0.5);
    return at + (at === low ? Math.abs(spread) : at === high ? -Math.abs(spread) : spread);
  });
}

function coordinates(sweep) {
  const first = sweep.byName.get(sweep.objectives[0].path);
  sweep.shown = sweep.axes.filter((axis) => axis.parameter || sweep.objectives.some((o) => o.path === axis.name));
  const dimensions = sweep.shown.map((axis) => {
    const [low, high] = axis.ends, pad = axis.side ? 0.15 : 0, limit = sweep.limits.get(axis.name);
    // Ticks are drawn as they are here: nothing in them is taken for HTML. Where there are ticks, brushes snap to them;
    // a linear axis has none but one prefix for all of its values, as in "time (ms)".
    const plainly = axis.side || axis.logarithmic, prefixed = plainly ? [1, ""] : prefixOf(axis);
    const ticks = axis.side ? {...sideBySide(axis), ticktext: axis.distinct.map(String)} :
      axis.logarithmic ? plainTicks(axis) : {tickformat: ".4~g"};
    axis.drawnIn = prefixed[0];
    const inside = (values) => values.map((value) => value / axis.drawnIn);
    const top = high > low ? high : low + (Math.abs(low) || 1);
    const title = plainly ? label(axis) : label(axis, prefixed[1]);
    return {label: title.replaceAll(".", ".<br>"), values: inside(places(axis)),
      range: inside([low - pad, top + pad]), ...ticks,
      ...(limit ? {constraintrange: limit.length === 1 ? inside(limit[0]) : limit.map(inside)} : {})};
  });
  const line = lineColours(sweep, first);
  const font = (size) => ({size, color: css("--ink")});
  return {data: [{type: "parcoords", dimensions, line, labelfont: font(12), tickfont: font(11),
    rangefont: {size: 1, color: "rgba(0,0,0,0)"}, unselected: {line: {color: css("--wire"), opacity: 0.06}}}],
  // Ticks get a shadow in the colour of the paper, so that they can be read above the lines.
  layout: {margin: {l: 60, r: 60, t: 64, b: 24}, paper_bgcolor: css("--paper")}};
}

// Says that there are more axes, where the chart is wider than its place.
function showSideways() {
  const place = element("chart-coordinates").closest(".scroll");
  const show = () => { element("sideways").hidden = place.scrollWidth <= place.clientWidth + 1; };
  new ResizeObserver(show).observe(place);
}

function effectBars(sweep) {
  const rows = sweep.effectsOn(element("effect-of").value).slice().reverse();
  const bar = (name, column, tone) => ({type: "bar", orientation: "h", name, y: rows.map(([path]) => literal(path)),
    x: rows.map((row) => row[column]), marker: {color: colour(tone)},
    hovertemplate: `%{y}: %{x:.1%}<extra>${name}</extra>`});
  const data = [bar("by itself", 1, "#0072B2")];
  if (rows.some((row) => row[2] !== null)) data.unshift(bar("with others", 2, "#BBBBBB"));
  return {data, layout: {barmode: "group", bargap: 0.35, margin: {l: 8, r: 12, t: 40, b: 44},
    legend: {orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "reversed"},
    xaxis: {tickformat: ".0%", rangemode: "tozero", fixedrange: true, title: {text: "share of the variance"}},
    yaxis: {fixedrange: true, showgrid: false}}};
}

// The designs that differ from the chosen one in a single parameter: how the figure changes, by factors where all its
// values are above zero, else by differences.
function around(sweep) {
  const figure = sweep.byName.get(element("effect-of").value), here = figure.values[sweep.chosen];
  const moved = (i) => (figure.positive ? figure.values[i] / here : figure.values[i] - here);
  const found = sweep.choices.map((axis) => [axis, neighbours(sweep, axis)]);
  const run = found.filter(([, points]) => points.length > 1);
  const rest = found.filter(([, points]) => points.length < 2).map(([axis]) => axis.title);
  element("around-words").textContent = rest.length ? `Not run with another value alone: ${rest.join(", ")}.` : "";
  const where = (x) => (figure.positive ? Math.log10(x) : x);
  const all = run.flatMap(([, points]) => points.map((i) => where(moved(i))));
  const ends = all.length ? [Math.min(...all), Math.max(...all)] : [0, 0];
  const crowd = (narrow() ? 0.1 : 0.03) * (ends[1] - ends[0]);
  const near = (i) => Math.abs(where(moved(i)) - where(moved(sweep.chosen))) <= crowd;
  const data = run.map(([axis, points]) => aroundOne(sweep, axis, points, figure, moved, near));
  const names = run.map(([axis]) => literal(axis.title)).reverse();
  const title = literal(`${figure.title}, ${figure.positive ? "times" : "less"} the chosen design's`);
  const spare = Math.max(0.04 * (ends[1] - ends[0]), figure.positive ? 0.01 : 0);
  const range = [ends[0] - spare, ends[1] + spare];
  const xaxis = figure.positive ? {type: "log", range, ...roundTicks(range, "×")} :
    {type: "linear", ...evenTicks(range, figure.unit)};
  const height = 84 + 44 * Math.max(1, names.length);
  return {data, height, layout: {hovermode: "closest", xaxis: {...xaxis, title: {text: title}, fixedrange: true},
    yaxis: {type: "category", categoryorder: "array", categoryarray: names, fixedrange: true,
      range: [-0.6, names.length - 0.3]}, margin: {l: 8, r: 12, t: 8, b: 52}}};
}

// The designs that differ from the chosen one in this parameter alone, and the chosen one.
function neighbours(sweep, axis) {
  const others = sweep.axes.filter((other) => other.parameter && other !== axis);
  const alike = (i) => others.every((other) => other.values[i] === other.values[sweep.chosen]);
  return [...sweep.numbers.keys()].filter(alike).sort((a, b) => axis.points[a] - axis.points[b]);
}

function aroundOne(sweep, axis, found, figure, moved, near) {
  const chosen = (i) => i === sweep.chosen, outside = (i) => sweep.outside[i].length > 0;
  const named = (i, k) => chosen(i) || ((k === 0 || k === found.length - 1) && !near(i));
  const value = (i) => literal(axis.values[i]);
  return {type: "scatter", mode: "lines+markers+text", x: found.map(moved), y: found.map(() => literal(axis.title)),
    customdata: found, showlegend: false, line: {color: css("--line"), width: 3}, cliponaxis: false,
    marker: {size: found.map((i) => (chosen(i) ? 13 : 9)), symbol: found.map((i) => (outside(i) ? "x" : "circle")),
      color: found.map((i) => css(chosen(i) ? "--mark" : "--accent"))},
    text: found.map((i, k) => (named(i, k) ? value(i) : "")), textposition: "top center",
    textfont: {size: 11, color: css("--soft")}, hovertemplate: "%{hovertext}<extra></extra>",
    hovertext: found.map((i) => `${sweep.titles[i]}<br>${literal(axis.title)} ${value(i)}: ` +
      literal(sweep.text(figure, i)) + (outside(i) ? "<br>outside the constraints" : ""))};
}

function heat(sweep) {
  const [across, up, figure] = ["heat-across", "heat-up", "effect-of"].map((id) => sweep.byName.get(element(id).value));
  const objective = sweep.objectives.find((o) => o.path === figure.name), most = objective ? objective.maximise : false;
  const index = (axis) => new Map(axis.distinct.map((value, i) => [value, i]));
  const columns = index(across), rows = index(up);
  const best = up.distinct.map(() => across.distinct.map(() => null));
  const empty = best.map((row) => row.map(() => "not run"));
  figure.values.forEach((value, i) => {
    if (sweep.networks[i] !== sweep.network) return;
    const y = rows.get(up.values[i]), x = columns.get(across.values[i]), so = best[y][x];
    if (sweep.outside[i].length) empty[y][x] = "outside";
    else if (so === null || (most ? value > so : value < so)) best[y][x] = value;
  });
  const written = (value, x, y) => (value === null ? empty[y][x] : literal(si(value, figure.unit)));
  const each = (change) => best.map((row, y) => row.map((value, x) => change(value, x, y)));
  const words = {showarrow: false, font: {size: 11, color: "#ffffff"}, bgcolor: "rgba(0,0,0,0.45)", borderpad: 2};
  const pale = {...words, font: {size: 11, color: css("--soft")}, bgcolor: "rgba(0,0,0,0)"};
  const roomy = across.distinct.length <= (narrow() ? 5 : 12);
  const annotations = roomy ? each((value, x, y) =>
    ({x, y, text: written(value, x, y), ...(value === null ? pale : words)})).flat() : [];
  const axis = (of) => ({title: {text: label(of)}, ...sideBySide(of), fixedrange: true, showgrid: false});
  return {data: [{type: "heatmap", xgap: 2, ygap: 2, showscale: false, colorscale: "Viridis", reversescale: !most,
    z: each((value) => (value === null ? null : figure.logarithmic ? Math.log10(value) : value)),
    text: each(written),
    hovertemplate: `${label(across)} %{x}, ${label(up)} %{y}: %{text}<extra></extra>`}],
  layout: {annotations, xaxis: axis(across), yaxis: axis(up)}};
}
