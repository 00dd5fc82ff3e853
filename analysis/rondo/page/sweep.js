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
    this.hover = page.titles.map((title, i) => `<b>${title}</b>` +
      (this.outside[i].length ? `<br>outside the constraints: ${literal(this.outside[i].join("; "))}` : "") +
      this.axes.map((axis) => `<br>${literal(axis.title)} ${literal(this.text(axis, i))}`).join(""));
  }

  // Few values stand side by side, many on a scale, which is logarithmic where they span more than a factor of four.
  axis(name, title, unit, values, parameter) {
    const before = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : 1);
    const distinct = [...new Set(values)].sort(before);
    const numeric = values.every((value) => typeof value === "number");
    const [low, high] = numeric ? [distinct[0], distinct[distinct.length - 1]] : [0, 0];
    const side = parameter && (distinct.length <= 16 || !numeric);
    const positive = numeric && low > 0 && unit !== "dB", logarithmic = !side && positive && high > 4 * low;
    const place = side ? new Map(distinct.map((value, index) => [value, index])) : null;
    const at = (value) => (side ? place.get(value) : logarithmic ? Math.log10(value) : value);
    const points = values.map(at), ends = side ? [0, distinct.length - 1] : [at(low), at(high)];
    return {name, title, unit, values, parameter, distinct, numeric, side, positive, logarithmic, at, points, ends};
  }

  text(axis, index) { return axis.parameter ? String(axis.values[index]) : exact(axis.values[index], axis.unit); }

  // A network is given, not chosen: what decides and what is best is asked of one, that of the chosen design.
  get network() { return this.networks[this.chosen]; }
  get choices() { return this.axes.filter((axis) => axis.parameter && axis.name !== "network"); }
  effectsOn(path) { return (this.effects[this.network] || {})[path] || []; }

  filter() {
    const limits = [...this.limits].map(([name, ranges]) => [this.byName.get(name).points, ranges]);
    const within = (value, ranges) => ranges.some(([low, high]) => value >= low - 1e-9 && value <= high + 1e-9);
    this.kept = this.numbers.map((_, i) => limits.every(([points, ranges]) => within(points[i], ranges)));
    const left = this.kept.filter(Boolean).length;
    element("brush-words").textContent = limits.length ? `${whole(left)} of ${whole(this.count)} designs` : "";
  }
}

const label = (axis, unit = unscaled.includes(axis.unit) && axis.unit) =>
  literal(unit ? `${axis.title} (${unit})` : axis.title);

// The factor and the unit that make numbers of the size of this axis readable.
function prefixOf({unit, ends}) {
  const size = Math.max(...ends.map(Math.abs));
  if (unscaled.includes(unit) || !size || (!unit && size < 1e4)) return [1, unit];
  const [factor, prefix] = prefixes.find(([least]) => size >= least) || prefixes[prefixes.length - 1];
  return [factor, prefix + unit];
}

// The values of an axis, one beside the other, as ticks.
const sideBySide = (axis) => ({tickvals: axis.distinct.map((_, i) => i), ticktext: axis.distinct.map(literal)});

// An axis of a chart with x and y: values side by side, or a scale.
function scale(axis, range) {
  const made = {title: {text: label(axis)}, type: "linear", zeroline: false};
  if (axis.side) return {...made, ...sideBySide(axis)};
  const unit = unscaled.includes(axis.unit) ? "" : axis.unit, [low, high] = axis.ends;
  const spare = high > low ? 0.06 * (high - low) : 0.5 * Math.abs(high) || 0.5;
  if (!axis.logarithmic) return {...made, ...evenTicks(range || [low - spare, high + spare], unit)};
  return {...made, type: "log", ...roundTicks(range || [axis.ends[0] - 0.1, axis.ends[1] + 0.1], unit)};
}

// Round numbers on a logarithmic scale, as many as fit: the coarsest choice that has four of them; even steps where the
// scale is too short for that.
function roundTicks([low, high], unit) {
  const choices = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7],
    [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9]];
  let tickvals = [];
  for (const choice of choices) {
    tickvals = [];
    for (let decade = Math.floor(low); decade <= high; ++decade) {
      const digits = choice.filter((digit) => Math.log10(digit) + decade >= low && Math.log10(digit) + decade <= high);
      tickvals.push(...digits.map((digit) => digit * 10 ** decade));
    }
    if (tickvals.length >= (narrow() ? 3 : 4)) break;
  }
  if (tickvals.length < 3) {
    return evenTicks([10 ** low, 10 ** high], unit, narrow() ? 4 : 6);
  }
  return {tickvals, ticktext: tickvals.map((value) => si(value, unit, 4))};
}

// Ticks for charts that know no logarithmic scale.
function plainTicks(axis) {
  const unit = unscaled.includes(axis.unit) ? "" : axis.unit;
  if (!axis.logarithmic) return evenTicks(axis.ends, unit, 6);
  const {tickvals, ticktext} = roundTicks(axis.ends, unit);
  return {tickvals: tickvals.map(Math.log10), ticktext};
}

// Counts in full.
const exact = (value, unit) => (!unit && Math.abs(value) >= 1000 ? whole(value) : si(value, unit));

const viridis = ["#440154", "#472d7b", "#3a538b", "#2b748e", "#20938c", "#2db27d", "#69cd5b", "#bddf26"];
const viridisOnDark = ["#672fbb", "#6064de", "#528fe7", "#7ab3ce", "#4ed0b6", "#7ce07e", "#a2df46", "#f4f26d"];
const steps = () => (darkScheme.matches ? viridisOnDark : viridis);
const shades = () => steps().map((value, index) => [index / 7, value]);

function showPanel(sweep) {
  const i = sweep.chosen;
  const cells = ([name, value]) => `<tr><td>${name}</td><td class="number">${value}</td></tr>`;
  const rows = (pairs) => `<table><tbody>${pairs.map(cells).join("")}</tbody></table>`;
  const name = (path) => `<code>${plain(path).replace(/([._])/g, "$1<wbr>")}</code>`;
  const value = (given) => (Array.isArray(given) ? `${given.length} lines` : plain(given));
  const settings = (tree) => rows(Object.entries(tree).map(([path, given]) => [name(path), value(given)]));
  const fixed = {...sweep.shared, ...sweep.differences[i]}, broken = sweep.outside[i];
  element("panel").innerHTML = `<h3>${sweep.titles[i]}</h3>` +
    `<p>${plain(sweep.networks[i])} on ${plain(sweep.chips[i])}</p>` +
    (broken.length ? `<p class="note">Outside the constraints: ${plain(broken.join("; "))}</p>` : "") +
    rows(sweep.figures.map((f) => [plain(f.title), plain(exact(sweep.results[f.path][i], f.unit))])) +
    `<h3>Set</h3>${settings(sweep.settings[i])}` +
    `<details><summary>Full configuration <small>${Object.keys(fixed).length}</small></summary>` +
    `${settings(fixed)}</details>`;
}

// All charts of the page: `again` draws one of them anew.
class SweepCharts {
  constructor(sweep) {
    this.sweep = sweep;
    this.makers = {pareto, coordinates, effects: effectBars, around, heat};
    if (sweep.choices.length < 2) delete this.makers.heat;
    this.places = {};
  }

  draw() {
    for (const [name, make] of Object.entries(this.makers)) this.places[name] = chart(name, () => make(this.sweep));
  }

  again(...names) {
    for (const name of names) {
      if (this.places[name]) drawn(this.places[name], this.makers[name](this.sweep));
    }
  }
}

function showSweep(page) {
  if (!page.numbers.length) return;
  const sweep = new Sweep(page), charts = new SweepCharts(sweep);
  chooseAxes(sweep, charts);
  charts.draw();
  showSideways();
  const ring = new Ring(charts.places.pareto, sweep);
  const choose = (index) => {
    const before = sweep.network;
    sweep.chosen = index;
    showPanel(sweep);
    ring.move();
    charts.again("around", ...(sweep.network === before ? [] : ["effects", "heat"]));
    if (element("network")) element("network").value = sweep.network;
    for (const button of document.querySelectorAll("[data-point]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.point) === index));
    }
  };
  listenToPoints(sweep, charts, choose);
  listenToLimits(sweep, charts);
  const networks = Object.keys(sweep.usual).map((name) => ({name, title: name}));
  fill("network", networks, sweep.network, (name) => choose(sweep.usual[name]));
  choose(sweep.chosen);
}

function chooseAxes(sweep, charts) {
  const figures = sweep.axes.filter((axis) => !axis.parameter);
  const objectives = sweep.objectives.map((o) => o.path);
  const strongest = [...sweep.effectsOn(objectives[0]).map(([name]) => name),
    ...sweep.choices.map((axis) => axis.name)];
  const [first, second] = new Set(strongest);
  const turned = () => { sweep.range = {}; charts.again("pareto"); };
  fill("across", sweep.axes, objectives[0], turned);
  fill("up", sweep.axes, objectives[1], turned);
  fill("tint", sweep.axes, objectives[2] || first || objectives[0], () => charts.again("pareto"));
  fill("effect-of", figures, objectives[0], () => charts.again("effects", "around", "heat"));
  fill("heat-across", sweep.choices, first, () => charts.again("heat"));
  fill("heat-up", sweep.choices, second, () => charts.again("heat"));
}

// A list to choose from, where the page has it.
function fill(id, axes, chosen, change) {
  if (!element(id)) return;
  const option = (axis) =>
    `<option value="${plain(axis.name)}"${axis.name === chosen ? " selected" : ""}>${plain(axis.title)}</option>`;
  element(id).innerHTML = axes.map(option).join("");
  element(id).addEventListener("change", () => change(element(id).value));
}

function listenToPoints(sweep, charts, choose) {
  const {pareto, around} = charts.places;
  for (const place of [pareto, around].filter(Boolean)) {
    place.on("plotly_click", (event) => {
      const point = event.points.find((p) => p.customdata !== undefined);
      if (point) choose(point.customdata);
    });
  }
  for (const button of document.querySelectorAll("[data-point]")) {
    button.addEventListener("click", () => choose(Number(button.dataset.point)));
  }
  pareto.on("plotly_relayout", (change) => {
    if (!Object.keys(change).some((key) => key.includes("axis."))) return;
    const {xaxis, yaxis} = pareto.layout;
    sweep.range = {x: xaxis.autorange ? null : xaxis.range, y: yaxis.autorange ? null : yaxis.range};
    charts.again("pareto");
  });
  zoomable(pareto, (step) => {
    const at = sweep.front.indexOf(sweep.chosen), next = Math.min(sweep.front.length - 1, Math.max(0, at + step));
    if (sweep.front.length) choose(sweep.front[at < 0 ? 0 : next]);
  });
}

// Brushes on the parallel coordinates, and the same by hand: two lists for each axis.
function listenToLimits(sweep, charts) {
  const limit = (name, ranges) => (ranges ? sweep.limits.set(name, ranges) : sweep.limits.delete(name));
  const filtered = () => { sweep.filter(); charts.again("pareto"); };
  const place = charts.places.coordinates;
  place.on("plotly_restyle", () => {
    place.data[0].dimensions.forEach(({constraintrange: range}, index) => {
      const axis = sweep.shown[index], ranges = range && range.length && (Array.isArray(range[0]) ? range : [range]);
      limit(axis.name, ranges ? ranges.map((ends) => ends.map((end) => end * axis.drawnIn)) : null);
    });
    filtered();
  });
  byHand(sweep, limit, () => { filtered(); charts.again("coordinates"); });
  element("brush-none").addEventListener("click", () => {
    sweep.limits.clear();
    for (const select of document.querySelectorAll("#limits select")) {
      select.selectedIndex = select.dataset.end === "from" ? 0 : select.options.length - 1;
    }
    filtered();
    charts.again("coordinates");
  });
}

// At most 40 values of an axis, both ends among them.
function someValues({distinct}) {
  const step = Math.ceil(distinct.length / 40);
  return distinct.filter((_, i) => i % step === 0 || i === distinct.length - 1);
}

function byHand(sweep, limit, changed) {
  element("limits").innerHTML = sweep.shown.map((axis, index) => {
    const few = someValues(axis), written = (value) => plain(axis.parameter ? value : si(value, axis.unit));
    const option = (value, chosen) =>
      `<option value="${axis.at(value)}"${chosen ? " selected" : ""}>${written(value)}</option>`;
    const list = (end, chosen) =>
      `<select data-axis="${index}" data-end="${end}" aria-label="${plain(axis.title)} ${end}">` +
      few.map((value, i) => option(value, i === chosen)).join("") + "</select>";
    return `<label>${plain(axis.title)} ${list("from", 0)} to ${list("to", few.length - 1)}</label>`;
  }).join("");
  element("limits").addEventListener("change", (event) => {
    const index = Number(event.target.dataset.axis), axis = sweep.shown[index];
    const lists = [...document.querySelectorAll(`#limits [data-axis="${index}"]`)];
    const [from, to] = lists.map((select) => Number(select.value));
    const pad = axis.side ? 0.15 : 0, everything = from <= axis.ends[0] && to >= axis.ends[1];
    limit(axis.name, everything ? null : [[from - pad, to + pad]]);
    changed();
  });
}
