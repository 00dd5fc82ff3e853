// The page of a sweep: one chosen design, one set of limits, and views that follow both.
class Sweep {
  constructor(page) {
    Object.assign(this, page);
    this.count = page.numbers.length;
    this.limits = new Map();  // axis -> [[from, to], ...] in the coordinates of that axis
    this.kept = new Array(this.count).fill(true);
    this.range = {};  // of the Pareto view, while it is zoomed
    this.axes = [...page.parameters.map((name) => this.axis(name, name, "", page.values[name], true)),
      ...page.figures.map((f) => this.axis(f.path, f.title, f.unit, page.results[f.path], false))];
    this.byName = new Map(this.axes.map((axis) => [axis.name, axis]));
  }

  // Few values stand side by side, many on a scale, which is logarithmic where they span more than a factor of four.
  axis(name, title, unit, values, parameter) {
    const distinct = [...new Set(values)].sort((a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : 1));
    const numeric = values.every((value) => typeof value === "number");
    const side = parameter && (distinct.length <= 16 || !numeric);
    const logarithmic = !side && numeric && Math.min(...distinct) > 0 && Math.max(...distinct) > 4 * Math.min(...distinct);
    const place = side ? new Map(distinct.map((value, index) => [value, index])) : null;
    const at = (value) => (side ? place.get(value) : logarithmic ? Math.log10(value) : value);
    return {name, title, unit, values, parameter, distinct, numeric, side, logarithmic, at, points: values.map(at)};
  }

  text(axis, index) { return axis.parameter ? String(axis.values[index]) : si(axis.values[index], axis.unit); }

  filter() {
    this.kept = this.numbers.map((_, i) => [...this.limits].every(([name, ranges]) =>
      ranges.some(([low, high]) => this.byName.get(name).points[i] >= low - 1e-9 && this.byName.get(name).points[i] <= high + 1e-9)));
    const left = this.kept.filter(Boolean).length;
    element("brush-words").textContent = this.limits.size ? `${whole(left)} of ${whole(this.count)} designs` : "";
  }
}

const label = (axis) => (axis.unit && unscaled.includes(axis.unit) ? `${axis.title} (${axis.unit})` : axis.title);

// An axis of a chart with x and y: values side by side, or a scale.
function scale(axis, range) {
  if (axis.side) return {title: {text: label(axis)}, type: "linear", tickvals: axis.distinct.map((_, i) => i), ticktext: axis.distinct.map(String), zeroline: false};
  const unit = unscaled.includes(axis.unit) ? "" : axis.unit;
  const made = {title: {text: label(axis)}, zeroline: false};
  if (!axis.logarithmic) return {...made, type: "linear", tickformat: "~s", ticksuffix: unit, nticks: narrow() ? 4 : 7};
  return {...made, type: "log", ...roundTicks(range || [Math.min(...axis.points) - 0.1, Math.max(...axis.points) + 0.1], unit)};
}

// Round numbers on a logarithmic scale, as many as fit: the coarsest choice that has four of them, within a factor of two even steps.
function roundTicks([low, high], unit) {
  const choices = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9]];
  let tickvals = [];
  for (const choice of choices) {
    tickvals = [];
    for (let decade = Math.floor(low); decade <= high; ++decade) for (const digit of choice) {
      if (Math.log10(digit) + decade >= low && Math.log10(digit) + decade <= high) tickvals.push(digit * 10 ** decade);
    }
    if (tickvals.length >= (narrow() ? 3 : 4)) break;
  }
  if (tickvals.length < 3) tickvals = [0, 1, 2, 3].map((i) => Number((10 ** low + ((10 ** high - 10 ** low) * (i + 0.5)) / 4).toPrecision(4)));
  return {tickvals, ticktext: tickvals.map((value) => (unit === "×" ? `${Number(value.toPrecision(4))} ×` : si(value, unit, 4)))};
}

const position = (axis, index) => (axis.side ? axis.points[index] : axis.values[index]);

function pareto(sweep) {
  const across = sweep.byName.get(element("across").value), up = sweep.byName.get(element("up").value);
  const tint = sweep.byName.get(element("tint").value), data = [];
  const hover = sweep.numbers.map((number, i) => `<b>point ${number}</b>` + sweep.axes.map((axis) => `<br>${plain(axis.title)} ${plain(sweep.text(axis, i))}`).join(""));
  const symbols = (chosen) => chosen.map((i) => (sweep.outside[i].length ? "x" : "circle"));
  const trace = (chosen, more) => ({type: "scatter", mode: "markers", x: chosen.map((i) => position(across, i)), y: chosen.map((i) => position(up, i)),
    customdata: chosen, text: chosen.map((i) => hover[i]), hovertemplate: "%{text}<extra></extra>", ...more});
  const all = sweep.numbers.map((_, i) => i), kept = all.filter((i) => sweep.kept[i]), rest = all.filter((i) => !sweep.kept[i]);
  if (rest.length) data.push(trace(rest, {marker: {size: 5, color: css("--wire"), opacity: 0.25}, hoverinfo: "skip", hovertemplate: null, showlegend: false, name: "outside the limits"}));
  const front = sweep.front.filter((i) => sweep.kept[i]).sort((a, b) => position(across, a) - position(across, b));
  const objectives = sweep.objectives.map((o) => o.path);
  if (objectives.length === 2 && objectives.includes(across.name) && objectives.includes(up.name) && across !== up) {
    for (const network of new Set(sweep.networks)) data.push(trace(front.filter((i) => sweep.networks[i] === network), {mode: "lines", hoverinfo: "skip", hovertemplate: null, line: {color: css("--mark"), width: 1.5, shape: sweep.objectives.some((o) => o.maximise) ? "linear" : "hv"}, showlegend: false}));
  }
  if (tint.side && tint.distinct.length <= 12) {
    tint.distinct.forEach((value, index) => data.push(trace(kept.filter((i) => tint.values[i] === value), {name: `${tint.title} ${value}`,
      marker: {size: 8, symbol: symbols(kept.filter((i) => tint.values[i] === value)), color: ramp(index, tint.distinct.length, tint.numeric, sweep.series), opacity: 0.9}})));
  } else {
    data.push(trace(kept, {showlegend: false, marker: {size: 8, symbol: symbols(kept), opacity: 0.9, color: kept.map((i) => tint.points[i]), colorscale: shades(),
      colorbar: {title: {text: label(tint), side: "right"}, thickness: 12, ...colourTicks(tint)}}}));
  }
  data.push(trace(front, {name: "Pareto front", marker: {size: 14, symbol: "circle-open", color: css("--mark"), line: {width: 2, color: css("--mark")}}}));
  data.push(trace([sweep.chosen], {name: "chosen", marker: {size: 20, symbol: "circle-open", color: css("--ink"), line: {width: 2.5, color: css("--ink")}}, hoverinfo: "skip", hovertemplate: null}));
  return {data, layout: {dragmode: "zoom", hovermode: "closest", xaxis: scale(across, sweep.range.x), yaxis: scale(up, sweep.range.y), uirevision: across.name + up.name, margin: {l: 8, r: 8, t: 8, b: 44}}};
}

const colourTicks = (axis) => (axis.logarithmic ? logTicks(axis) : {tickformat: "~s"});

function logTicks(axis) {
  const low = Math.min(...axis.points), high = Math.max(...axis.points), tickvals = [];
  for (let step = 0; step <= 5; ++step) tickvals.push(low + ((high - low) * step) / 5);
  return {tickvals, ticktext: tickvals.map((value) => si(10 ** value, axis.unit))};
}

const viridis = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30"];
const viridisOnDark = ["#7a5bd0", "#6a77d6", "#4f93d2", "#3fa9c4", "#37bfae", "#4fd08c", "#86dd62", "#d3e84b"];
const shades = () => (darkScheme.matches ? viridisOnDark : viridis).map((value, index) => [index / 7, value]);
const ramp = (index, count, numeric, series) => (numeric ? (darkScheme.matches ? viridisOnDark : viridis)[Math.round((index * 7) / Math.max(1, count - 1))] : colour(series[index % series.length]));

function coordinates(sweep) {
  const first = sweep.byName.get(sweep.objectives[0].path);
  const shown = sweep.axes.filter((axis) => axis.parameter || sweep.objectives.some((o) => o.path === axis.name));
  sweep.shown = shown;
  const dimensions = shown.map((axis) => {
    const low = Math.min(...axis.points), high = Math.max(...axis.points), pad = axis.side ? 0.15 : 0;
    const ticks = axis.side ? {tickvals: axis.distinct.map((_, i) => i), ticktext: axis.distinct.map(String)} : axis.logarithmic ? logTicks(axis) : {tickformat: "~s"};
    const limit = sweep.limits.get(axis.name);
    return {label: label(axis), values: axis.points, range: [low - pad, (high > low ? high : low + 1) + pad], ...ticks,
      ...(limit ? {constraintrange: limit.length === 1 ? limit[0] : limit} : {})};
  });
  return {data: [{type: "parcoords", dimensions, line: {color: first.points, colorscale: shades(), reversescale: !sweep.objectives[0].maximise},
    labelfont: {size: 12, color: css("--ink")}, tickfont: {size: 11, color: css("--ink")}, rangefont: {size: 1, color: "rgba(0,0,0,0)"},
    unselected: {line: {color: css("--wire"), opacity: 0.06}}}], layout: {margin: {l: 60, r: 60, t: 56, b: 24}}};
}

function effectBars(sweep) {
  const rows = sweep.effects[element("effect-of").value].slice().reverse(), names = rows.map(([name]) => name);
  const bar = (name, column, tone) => ({type: "bar", orientation: "h", name, y: names, x: rows.map((row) => row[column]),
    marker: {color: colour(tone)}, hovertemplate: `%{y}: %{x:.1%}<extra>${name}</extra>`});
  const data = [bar("by itself", 1, "#0072B2")];
  if (rows.some((row) => row[2] !== null)) data.unshift(bar("with others", 2, "#BBBBBB"));
  return {data, layout: {barmode: "group", bargap: 0.35, margin: {l: 8, r: 12, t: 40, b: 44}, legend: {orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "reversed"}, xaxis: {tickformat: ".0%", rangemode: "tozero", fixedrange: true, title: {text: "share of the variance"}},
    yaxis: {fixedrange: true, showgrid: false}}};
}

// The designs that differ from the chosen one in a single parameter.
function around(sweep) {
  const path = element("effect-of").value, figure = sweep.byName.get(path), data = [];
  const parameters = sweep.axes.filter((axis) => axis.parameter);
  const alike = (i, skip) => parameters.every((axis) => axis === skip || axis.values[i] === axis.values[sweep.chosen]);
  const names = parameters.map((axis) => axis.title).reverse();
  parameters.forEach((axis) => {
    const found = sweep.numbers.map((_, i) => i).filter((i) => alike(i, axis)).sort((a, b) => axis.points[a] - axis.points[b]);
    const far = (i) => Math.abs(figure.values[i] / figure.values[sweep.chosen] - 1) > 0.02;
    const ratio = found.map((i) => figure.values[i] / figure.values[sweep.chosen]);
    data.push({type: "scatter", mode: "lines+markers+text", x: ratio, y: found.map(() => axis.title), customdata: found, showlegend: false,
      line: {color: css("--line"), width: 3}, marker: {size: found.map((i) => (i === sweep.chosen ? 13 : 9)), color: found.map((i) => (i === sweep.chosen ? css("--mark") : css("--accent")))},
      text: found.map((i, k) => (i === sweep.chosen || ((k === 0 || k === found.length - 1) && far(i)) ? String(axis.values[i]) : "")), textposition: "top center", textfont: {size: 11, color: css("--soft")}, cliponaxis: false,
      hovertemplate: found.map((i) => `${plain(axis.title)} ${plain(axis.values[i])}: ${plain(sweep.text(figure, i))}<extra></extra>`)});
  });
  const all = data.flatMap((trace) => trace.x).map(Math.log10), span = [Math.min(...all) - 0.05, Math.max(...all) + 0.05];
  return {data, layout: {hovermode: "closest", xaxis: {type: "log", range: span, ...roundTicks(span, "×"), title: {text: `${figure.title}, times the chosen design's`}, fixedrange: true},
    yaxis: {type: "category", categoryorder: "array", categoryarray: names, fixedrange: true, range: [-0.6, names.length - 0.3]}}};
}

function heat(sweep) {
  const across = sweep.byName.get(element("heat-across").value), up = sweep.byName.get(element("heat-up").value);
  const path = element("effect-of").value, figure = sweep.byName.get(path);
  const objective = sweep.objectives.find((o) => o.path === path), most = objective ? objective.maximise : false;
  const best = up.distinct.map(() => across.distinct.map(() => null));
  sweep.numbers.forEach((_, i) => {
    const y = up.distinct.indexOf(up.values[i]), x = across.distinct.indexOf(across.values[i]), value = figure.values[i];
    if (best[y][x] === null || (most ? value > best[y][x] : value < best[y][x])) best[y][x] = value;
  });
  const shown = best.map((row) => row.map((value) => (value === null ? null : figure.logarithmic ? Math.log10(value) : value)));
  const roomy = across.distinct.length <= (narrow() ? 5 : 12);
  const annotations = roomy ? best.flatMap((row, y) => row.map((value, x) => ({x, y, text: value === null ? "not run" : si(value, figure.unit), showarrow: false, font: {size: 11, color: "#ffffff"}, bgcolor: "rgba(0,0,0,0.45)", borderpad: 2}))) : [];
  return {data: [{type: "heatmap", z: shown, colorscale: "Viridis", reversescale: !most, xgap: 2, ygap: 2, showscale: false,
    text: best.map((row) => row.map((value) => si(value, figure.unit))), hovertemplate: `${plain(across.title)} %{x}, ${plain(up.title)} %{y}: %{text}<extra></extra>`}],
    layout: {annotations, xaxis: {title: {text: across.title}, tickvals: across.distinct.map((_, i) => i), ticktext: across.distinct.map(String), fixedrange: true},
      yaxis: {title: {text: up.title}, tickvals: up.distinct.map((_, i) => i), ticktext: up.distinct.map(String), fixedrange: true}}};
}

function showPanel(sweep) {
  const i = sweep.chosen, rank = sweep.front.indexOf(i);
  const rows = (pairs) => `<table><tbody>${pairs.map(([a, b]) => `<tr><td>${a}</td><td class="number">${b}</td></tr>`).join("")}</tbody></table>`;
  const name = (path) => `<code>${plain(path).replace(/([._])/g, "$1<wbr>")}</code>`;
  const fixed = {...sweep.shared, ...sweep.differences[i]};
  element("panel").innerHTML = `<h3>Point ${sweep.numbers[i]}${rank < 0 ? "" : `, Pareto ${rank + 1} of ${sweep.front.length}`}</h3>` +
    `<p>${plain(sweep.networks[i])} on ${plain(sweep.chips[i])}</p>` +
    (sweep.outside[i].length ? `<p class="note">Outside the limits: ${plain(sweep.outside[i].join("; "))}</p>` : "") +
    rows(sweep.figures.map((f) => [plain(f.title), plain(si(sweep.results[f.path][i], f.unit))])) +
    `<h3>Set</h3>` + rows(Object.entries(sweep.settings[i]).map(([path, value]) => [name(path), plain(value)])) +
    `<details><summary>Full configuration <small>${Object.keys(fixed).length}</small></summary>` +
    rows(Object.entries(fixed).map(([path, value]) => [name(path), Array.isArray(value) ? `${value.length} lines` : plain(value)])) + "</details>";
}

function fill(id, axes, chosen, change) {
  const select = element(id);
  select.innerHTML = axes.map((axis) => `<option value="${plain(axis.name)}"${axis.name === chosen ? " selected" : ""}>${plain(axis.title)}</option>`).join("");
  select.addEventListener("change", change);
}

function showSweep(page) {
  const sweep = new Sweep(page), parameters = sweep.axes.filter((axis) => axis.parameter), figures = sweep.axes.filter((axis) => !axis.parameter);
  if (!sweep.count) return;
  const objectives = page.objectives.map((o) => o.path), places = {};
  const strongest = page.effects[objectives[0]].map(([name]) => name);
  const again = (name) => { const figure = makers[name](sweep); return Plotly.react(places[name], figure.data, layout(figure.layout), settings); };
  const makers = {pareto, coordinates, effects: effectBars, around, heat};
  const followers = () => { again("effects"); again("around"); if (places.heat) again("heat"); };
  const turned = () => { sweep.range = {}; again("pareto"); };
  fill("across", sweep.axes, objectives[0], turned);
  fill("up", sweep.axes, objectives[1], turned);
  fill("tint", sweep.axes, objectives[2] || strongest[0] || objectives[0], () => again("pareto"));
  fill("effect-of", figures, objectives[0], followers);
  fill("heat-across", parameters, strongest[0], () => again("heat"));
  fill("heat-up", parameters, strongest[1], () => again("heat"));
  for (const name of Object.keys(makers)) if (name !== "heat" || parameters.length > 1) places[name] = chart(name, () => makers[name](sweep));
  const choose = (index) => {
    sweep.chosen = index;
    showPanel(sweep);
    again("pareto");
    again("around");
    document.querySelectorAll("[data-point]").forEach((button) => button.setAttribute("aria-pressed", String(Number(button.dataset.point) === index)));
  };
  for (const name of ["pareto", "around"]) places[name].on("plotly_click", (event) => {
    const point = event.points.find((p) => p.customdata !== undefined);
    if (point) choose(point.customdata);
  });
  places.pareto.on("plotly_relayout", (change) => {
    if (!Object.keys(change).some((key) => key.includes("axis."))) return;
    const {xaxis, yaxis} = places.pareto.layout;
    sweep.range = {x: xaxis.autorange ? null : xaxis.range, y: yaxis.autorange ? null : yaxis.range};
    again("pareto");
  });
  document.querySelectorAll("[data-point]").forEach((button) => button.addEventListener("click", () => choose(Number(button.dataset.point))));
  zoomable(places.pareto, (step) => {
    const at = sweep.front.indexOf(sweep.chosen), next = Math.min(sweep.front.length - 1, Math.max(0, at + step));
    if (sweep.front.length) choose(sweep.front[at < 0 ? 0 : next]);
  });
  const limit = (name, ranges) => { if (ranges) sweep.limits.set(name, ranges); else sweep.limits.delete(name); };
  const filtered = () => { sweep.filter(); again("pareto"); };
  places.coordinates.on("plotly_restyle", () => {
    places.coordinates.data[0].dimensions.forEach((dimension, index) => {
      const range = dimension.constraintrange;
      limit(sweep.shown[index].name, range && range.length ? (Array.isArray(range[0]) ? range : [range]) : null);
    });
    filtered();
  });
  byHand(sweep, limit, () => { filtered(); again("coordinates"); });
  element("brush-none").addEventListener("click", () => {
    sweep.limits.clear();
    document.querySelectorAll("#limits select").forEach((select) => { select.selectedIndex = select.dataset.end === "from" ? 0 : select.options.length - 1; });
    filtered();
    again("coordinates");
  });
  choose(sweep.chosen);
}

// Buttons and keys that zoom a chart round its middle.
function zoomable(place, step) {
  const zoom = (factor) => {
    const change = {};
    for (const name of ["xaxis", "yaxis"]) {
      const [low, high] = place._fullLayout[name].range, middle = (low + high) / 2, half = ((high - low) / 2) * factor;
      change[name + ".range"] = [middle - half, middle + half];
    }
    Plotly.relayout(place, change);
  };
  const all = () => Plotly.relayout(place, {"xaxis.autorange": true, "yaxis.autorange": true});
  element("pareto-in").addEventListener("click", () => zoom(0.5));
  element("pareto-out").addEventListener("click", () => zoom(2));
  element("pareto-all").addEventListener("click", all);
  place.tabIndex = 0;
  const keys = {"+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), "0": all, ArrowRight: () => step(1), ArrowLeft: () => step(-1)};
  place.addEventListener("keydown", (event) => {
    if (keys[event.key] && !event.ctrlKey && !event.metaKey) { event.preventDefault(); keys[event.key](); }
  });
}

// The limits of every axis as two lists to choose from: brushing without a mouse.
function byHand(sweep, limit, changed) {
  element("limits").innerHTML = sweep.shown.map((axis, index) => {
    const few = axis.distinct.length <= 40 ? axis.distinct : axis.distinct.filter((_, i) => i % Math.ceil(axis.distinct.length / 40) === 0 || i === axis.distinct.length - 1);
    const list = (end, chosen) => `<select data-axis="${index}" data-end="${end}" aria-label="${plain(axis.title)} ${end}">` +
      few.map((value, i) => `<option value="${axis.at(value)}"${i === chosen ? " selected" : ""}>${plain(axis.parameter ? value : si(value, axis.unit))}</option>`).join("") + "</select>";
    return `<label>${plain(axis.title)} ${list("from", 0)} to ${list("to", few.length - 1)}</label>`;
  }).join("");
  element("limits").addEventListener("change", (event) => {
    const index = Number(event.target.dataset.axis), axis = sweep.shown[index];
    const [from, to] = [...document.querySelectorAll(`#limits [data-axis="${index}"]`)].map((select) => Number(select.value));
    const pad = axis.side ? 0.15 : 0, everything = from <= Math.min(...axis.points) && to >= Math.max(...axis.points);
    limit(axis.name, everything ? null : [[from - pad, to + pad]]);
    changed();
  });
}
