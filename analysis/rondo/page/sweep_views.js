// The other charts of a sweep: parallel coordinates, effects, one parameter at a time, the best of two.

function coordinates(sweep) {
  const first = sweep.byName.get(sweep.objectives[0].path);
  sweep.shown = sweep.axes.filter((axis) => axis.parameter || sweep.objectives.some((o) => o.path === axis.name));
  const dimensions = sweep.shown.map((axis) => {
    const [low, high] = axis.ends, pad = axis.side ? 0.15 : 0, limit = sweep.limits.get(axis.name);
    // Ticks are drawn as they are here: nothing in them is taken for HTML.
    const ticks = axis.side ? {...sideBySide(axis), ticktext: axis.distinct.map(String)} : colourTicks(axis);
    return {label: label(axis), values: axis.points, range: [low - pad, (high > low ? high : low + 1) + pad], ...ticks,
      ...(limit ? {constraintrange: limit.length === 1 ? limit[0] : limit} : {})};
  });
  const line = {color: first.points, colorscale: shades(), reversescale: !sweep.objectives[0].maximise};
  const font = (size) => ({size, color: css("--ink")});
  return {data: [{type: "parcoords", dimensions, line, labelfont: font(12), tickfont: font(11),
    rangefont: {size: 1, color: "rgba(0,0,0,0)"}, unselected: {line: {color: css("--wire"), opacity: 0.06}}}],
  layout: {margin: {l: 60, r: 60, t: 56, b: 24}}};
}

function effectBars(sweep) {
  const rows = sweep.effects[element("effect-of").value].slice().reverse();
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
  const parameters = sweep.axes.filter((axis) => axis.parameter);
  const data = parameters.map((axis) => aroundOne(sweep, parameters, axis, figure, moved));
  const names = parameters.map((axis) => literal(axis.title)).reverse();
  const title = literal(`${figure.title}, ${figure.positive ? "times" : "less"} the chosen design's`);
  const ticksuffix = unscaled.includes(figure.unit) ? ` ${figure.unit}` : figure.unit;
  let xaxis = {type: "linear", tickformat: "~s", ticksuffix};
  if (figure.positive) {
    const all = data.flatMap((trace) => trace.x).map(Math.log10);
    const range = [Math.min(...all) - 0.05, Math.max(...all) + 0.05];
    xaxis = {type: "log", range, ...roundTicks(range, "×")};
  }
  return {data, layout: {hovermode: "closest", xaxis: {...xaxis, title: {text: title}, fixedrange: true},
    yaxis: {type: "category", categoryorder: "array", categoryarray: names, fixedrange: true,
      range: [-0.6, names.length - 0.3]}}};
}

function aroundOne(sweep, parameters, axis, figure, moved) {
  const others = parameters.filter((other) => other !== axis), chosen = (i) => i === sweep.chosen;
  const alike = (i) => others.every((other) => other.values[i] === other.values[sweep.chosen]);
  const found = [...sweep.numbers.keys()].filter(alike).sort((a, b) => axis.points[a] - axis.points[b]);
  const [low, high] = figure.ends.map((end) => (figure.logarithmic ? 10 ** end : end));
  const near = (i) => (figure.positive ? Math.abs(moved(i) - 1) < 0.02 : Math.abs(moved(i)) < 0.02 * (high - low));
  const named = (i, k) => chosen(i) || ((k === 0 || k === found.length - 1) && !near(i));
  const value = (i) => literal(axis.values[i]);
  return {type: "scatter", mode: "lines+markers+text", x: found.map(moved), y: found.map(() => literal(axis.title)),
    customdata: found, showlegend: false, line: {color: css("--line"), width: 3}, cliponaxis: false,
    marker: {size: found.map((i) => (chosen(i) ? 13 : 9)),
      color: found.map((i) => css(chosen(i) ? "--mark" : "--accent"))},
    text: found.map((i, k) => (named(i, k) ? value(i) : "")), textposition: "top center",
    textfont: {size: 11, color: css("--soft")}, hovertemplate: "%{hovertext}<extra></extra>",
    hovertext: found.map((i) => `${literal(axis.title)} ${value(i)}: ${literal(sweep.text(figure, i))}`)};
}

function heat(sweep) {
  const [across, up, figure] = ["heat-across", "heat-up", "effect-of"].map((id) => sweep.byName.get(element(id).value));
  const objective = sweep.objectives.find((o) => o.path === figure.name), most = objective ? objective.maximise : false;
  const index = (axis) => new Map(axis.distinct.map((value, i) => [value, i]));
  const columns = index(across), rows = index(up);
  const best = up.distinct.map(() => across.distinct.map(() => null));
  figure.values.forEach((value, i) => {
    const y = rows.get(up.values[i]), x = columns.get(across.values[i]), so = best[y][x];
    if (so === null || (most ? value > so : value < so)) best[y][x] = value;
  });
  const each = (change) => best.map((row, y) => row.map((value, x) => change(value, x, y)));
  const words = {showarrow: false, font: {size: 11, color: "#ffffff"}, bgcolor: "rgba(0,0,0,0.45)", borderpad: 2};
  const roomy = across.distinct.length <= (narrow() ? 5 : 12);
  const annotations = roomy ? each((value, x, y) =>
    ({x, y, text: value === null ? "not run" : literal(si(value, figure.unit)), ...words})).flat() : [];
  const axis = (of) => ({title: {text: label(of)}, ...sideBySide(of), fixedrange: true});
  return {data: [{type: "heatmap", xgap: 2, ygap: 2, showscale: false, colorscale: "Viridis", reversescale: !most,
    z: each((value) => (value === null ? null : figure.logarithmic ? Math.log10(value) : value)),
    text: each((value) => si(value, figure.unit)),
    hovertemplate: `${label(across)} %{x}, ${label(up)} %{y}: %{text}<extra></extra>`}],
  layout: {annotations, xaxis: axis(across), yaxis: axis(up)}};
}
