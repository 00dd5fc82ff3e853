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
    this.hover = page.numbers.map((number, i) => `<b>point ${number}</b>` +
      this.axes.map((axis) => `<br>${literal(axis.title)} ${literal(this.text(axis, i))}`).join(""));
  }

  // Few values stand side by side, many on a scale, which is logarithmic where they span more than a factor of four.
  axis(name, title, unit, values, parameter) {
    const before = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : 1);
    const distinct = [...new Set(values)].sort(before);
    const numeric = values.every((value) => typeof value === "number");
    const [low, high] = numeric ? [distinct[0], distinct[distinct.length - 1]] : [0, 0];
    const side = parameter && (distinct.length <= 16 || !numeric);
    const positive = numeric && low > 0, logarithmic = !side && positive && high > 4 * low;
    const place = side ? new Map(distinct.map((value, index) => [value, index])) : null;
    const at = (value) => (side ? place.get(value) : logarithmic ? Math.log10(value) : value);
    const points = values.map(at), ends = side ? [0, distinct.length - 1] : [at(low), at(high)];
    return {name, title, unit, values, parameter, distinct, numeric, side, positive, logarithmic, at, points, ends};
  }

  text(axis, index) { return axis.parameter ? String(axis.values[index]) : si(axis.values[index], axis.unit); }

  filter() {
    const limits = [...this.limits].map(([name, ranges]) => [this.byName.get(name).points, ranges]);
    const within = (value, ranges) => ranges.some(([low, high]) => value >= low - 1e-9 && value <= high + 1e-9);
    this.kept = this.numbers.map((_, i) => limits.every(([points, ranges]) => within(points[i], ranges)));
    const left = this.kept.filter(Boolean).length;
    element("brush-words").textContent = limits.length ? `${whole(left)} of ${whole(this.count)} designs` : "";
  }
}

const label = (axis) => literal(unscaled.includes(axis.unit) ? `${axis.title} (${axis.unit})` : axis.title);

// The values of an axis, one beside the other, as ticks.
const sideBySide = (axis) => ({tickvals: axis.distinct.map((_, i) => i), ticktext: axis.distinct.map(literal)});

// An axis of a chart with x and y: values side by side, or a scale.
function scale(axis, range) {
  const made = {title: {text: label(axis)}, type: "linear", zeroline: false};
  if (axis.side) return {...made, ...sideBySide(axis)};
  const unit = unscaled.includes(axis.unit) ? "" : axis.unit;
  if (!axis.logarithmic) return {...made, tickformat: "~s", ticksuffix: unit, nticks: narrow() ? 4 : 7};
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
    const from = 10 ** low, to = 10 ** high;
    tickvals = [0, 1, 2, 3].map((i) => Number((from + ((to - from) * (i + 0.5)) / 4).toPrecision(4)));
  }
  const written = (value) => (unit === "×" ? `${Number(value.toPrecision(4))} ×` : si(value, unit, 4));
  return {tickvals, ticktext: tickvals.map(written)};
}

// Ticks for charts that know no logarithmic scale.
function logTicks(axis) {
  const [low, high] = axis.ends, tickvals = [0, 1, 2, 3, 4, 5].map((step) => low + ((high - low) * step) / 5);
  return {tickvals, ticktext: tickvals.map((value) => si(10 ** value, axis.unit))};
}
const colourTicks = (axis) => (axis.logarithmic ? logTicks(axis) : {tickformat: "~s"});

const viridis = ["#440154", "#472d7b", "#3a538b", "#2b748e", "#20938c", "#2db27d", "#69cd5b", "#bddf26"];
const viridisOnDark = ["#672fbb", "#6064de", "#528fe7", "#7ab3ce", "#4ed0b6", "#7ce07e", "#a2df46", "#f4f26d"];
const steps = () => (darkScheme.matches ? viridisOnDark : viridis);
const shades = () => steps().map((value, index) => [index / 7, value]);

function showPanel(sweep) {
  const i = sweep.chosen, rank = sweep.front.indexOf(i);
  const cells = ([name, value]) => `<tr><td>${name}</td><td class="number">${value}</td></tr>`;
  const rows = (pairs) => `<table><tbody>${pairs.map(cells).join("")}</tbody></table>`;
  const name = (path) => `<code>${plain(path).replace(/([._])/g, "$1<wbr>")}</code>`;
  const value = (given) => (Array.isArray(given) ? `${given.length} lines` : plain(given));
  const settings = (tree) => rows(Object.entries(tree).map(([path, given]) => [name(path), value(given)]));
  const fixed = {...sweep.shared, ...sweep.differences[i]}, broken = sweep.outside[i];
  const place = rank < 0 ? "" : `, Pareto ${rank + 1} of ${sweep.front.length}`;
  element("panel").innerHTML = `<h3>Point ${sweep.numbers[i]}${place}</h3>` +
    `<p>${plain(sweep.networks[i])} on ${plain(sweep.chips[i])}</p>` +
    (broken.length ? `<p class="note">Outside the limits: ${plain(broken.join("; "))}</p>` : "") +
    rows(sweep.figures.map((f) => [plain(f.title), plain(si(sweep.results[f.path][i], f.unit))])) +
    `<h3>Set</h3>${settings(sweep.settings[i])}` +
    `<details><summary>Full configuration <small>${Object.keys(fixed).length}</small></summary>` +
    `${settings(fixed)}</details>`;
}

// All charts of the page: `again` draws one of them anew.
class SweepCharts {
  constructor(sweep) {
    this.sweep = sweep;
    this.makers = {pareto, coordinates, effects: effectBars, around, heat};
    if (sweep.axes.filter((axis) => axis.parameter).length < 2) delete this.makers.heat;
    this.places = {};
  }

  draw() {
    for (const [name, make] of Object.entries(this.makers)) this.places[name] = chart(name, () => make(this.sweep));
  }

  again(...names) {
    for (const name of names) {
      if (!this.places[name]) continue;
      const figure = this.makers[name](this.sweep);
      Plotly.react(this.places[name], figure.data, layout(figure.layout), settings);
    }
  }
}

function showSweep(page) {
  if (!page.numbers.length) return;
  const sweep = new Sweep(page), charts = new SweepCharts(sweep);
  chooseAxes(sweep, charts);
  charts.draw();
  const ring = new Ring(charts.places.pareto, sweep);
  const choose = (index) => {
    sweep.chosen = index;
    showPanel(sweep);
    ring.move();
    charts.again("around");
    for (const button of document.querySelectorAll("[data-point]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.point) === index));
    }
  };
  listenToPoints(sweep, charts, choose);
  listenToLimits(sweep, charts);
  choose(sweep.chosen);
}

function chooseAxes(sweep, charts) {
  const parameters = sweep.axes.filter((axis) => axis.parameter);
  const figures = sweep.axes.filter((axis) => !axis.parameter);
  const objectives = sweep.objectives.map((o) => o.path);
  const strongest = sweep.effects[objectives[0]].map(([name]) => name);
  const turned = () => { sweep.range = {}; charts.again("pareto"); };
  fill("across", sweep.axes, objectives[0], turned);
  fill("up", sweep.axes, objectives[1], turned);
  fill("tint", sweep.axes, objectives[2] || strongest[0] || objectives[0], () => charts.again("pareto"));
  fill("effect-of", figures, objectives[0], () => charts.again("effects", "around", "heat"));
  fill("heat-across", parameters, strongest[0], () => charts.again("heat"));
  fill("heat-up", parameters, strongest[1], () => charts.again("heat"));
}

function fill(id, axes, chosen, change) {
  const option = (axis) =>
    `<option value="${plain(axis.name)}"${axis.name === chosen ? " selected" : ""}>${plain(axis.title)}</option>`;
  element(id).innerHTML = axes.map(option).join("");
  element(id).addEventListener("change", change);
}

function listenToPoints(sweep, charts, choose) {
  const {pareto, around} = charts.places;
  for (const place of [pareto, around]) {
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
      limit(sweep.shown[index].name, range && range.length ? (Array.isArray(range[0]) ? range : [range]) : null);
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
