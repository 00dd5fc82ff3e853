// The timeline: far out, each column is a stretch of cycles shared by cause; closer, single stretches; closest, the
// instructions above them. Only what is in view is drawn.
const columns = 255, mostStretches = 2500, mostInstructions = 700;

class Timeline {
  constructor(data, causes, series) {
    Object.assign(this, {data, causes, series, view: [0, data.end]});
    this.units = data.units;
    for (const unit of this.units) {
      const each = data.states[unit], slices = data.instructions[unit];
      let now = 0;
      each.start = each.length.map((length) => { const start = now; now += length; return start; });
      now = 0;
      slices.start = slices.start.map((step) => (now += step));
      slices.longest = slices.length.reduce((a, b) => Math.max(a, b), 0);
    }
    const kinds = [...new Set(this.units.flatMap((unit) => [...new Set(data.instructions[unit].name)]))];
    this.kindColour = new Map(kinds.map((name, index) => [name, series[index % series.length]]));
  }

  // First index whose start is not below `value`.
  static at(starts, value) {
    let low = 0, high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] < value) low = middle + 1; else high = middle;
    }
    return low;
  }

  inView(slices, longest) {
    return [Timeline.at(slices.start, this.from - longest), Timeline.at(slices.start, this.to)];
  }

  figure() {
    const [left, right] = this.view, span = right - left;
    this.from = Math.max(0, left - span / 4);
    this.to = Math.min(this.data.end, right + span / 4);
    const ranges = this.units.map((unit) => {
      const each = this.data.states[unit], [first, last] = this.inView(each, 0);
      return [Math.max(0, first - 1), last];
    });
    const stretches = ranges.reduce((sum, [a, b]) => sum + b - a, 0);
    const each = this.units.map((unit) => this.data.instructions[unit]);
    const close = each.map((found) => this.inView(found, found.longest));
    const instructions = close.reduce((sum, [a, b]) => sum + b - a, 0);
    this.detail = stretches <= mostStretches ? (instructions <= mostInstructions ? 2 : 1) : 0;
    const bars = new Map(Object.keys(this.causes).map((cause) => [cause, Timeline.noBars()]));
    this.units.forEach((unit, row) => {
      if (this.detail) this.single(bars, unit, row, ranges[row]); else this.shared(bars, unit, row);
    });
    const data = [...bars].filter(([, bar]) => bar.x.length).map(([cause, bar]) => ({type: "bar", name: words(cause),
      ...bar, marker: {color: colour(this.causes[cause] || "#7F7F7F"), line: {width: 0}}, textposition: "none",
      hovertemplate: "%{text}<extra></extra>"}));
    if (this.detail === 2) this.units.forEach((unit, row) => data.push(...this.instructionBars(unit, row, close[row])));
    return {data: data.concat(this.rates()), layout: this.layout()};
  }

  static noBars() { return {x: [], y: [], base: [], width: [], text: []}; }

  lane(row) { return this.units.length - 1 - row; }

  shared(bars, unit, row) {
    const each = this.data.states[unit], width = (this.to - this.from) / columns;
    let index = Math.max(0, Timeline.at(each.start, this.from) - 1);
    for (let column = 0; column < columns; ++column) {
      const a = this.from + column * width, b = a + width, sums = new Map();
      while (index < each.start.length && each.start[index] + each.length[index] <= a) ++index;
      for (let i = index; i < each.start.length && each.start[i] < b; ++i) {
        const part = Math.min(b, each.start[i] + each.length[i]) - Math.max(a, each.start[i]);
        const cause = this.data.names[each.name[i]];
        sums.set(cause, (sums.get(cause) || 0) + part);
      }
      let base = this.lane(row) - 0.4;
      const most = [...sums].sort((p, q) => q[1] - p[1]);
      const text = `<b>${words(unit)}</b>, cycles ${whole(a)} to ${whole(b)}` +
        most.map(([cause, part]) => `<br>${words(cause)} ${share(part / width)}`).join("");
      for (const cause of bars.keys()) {
        const part = 0.8 * (sums.get(cause) || 0) / width;
        if (part > 0.002) { this.push(bars.get(cause), a, width, base, part, text); base += part; }
      }
    }
  }

  single(bars, unit, row, [first, last]) {
    const each = this.data.states[unit], height = this.detail === 2 ? 0.28 : 0.8;
    for (let i = first; i < last; ++i) {
      const cause = this.data.names[each.name[i]];
      const start = each.start[i], length = each.length[i];
      if (!bars.has(cause)) bars.set(cause, Timeline.noBars());
      this.push(bars.get(cause), start, length, this.lane(row) - 0.4, height, `<b>${words(unit)}</b>: ${words(cause)}` +
        `<br>${whole(length)} cycles, ${whole(start)} to ${whole(start + length)}`);
    }
  }

  push(bar, start, width, base, height, text) {
    bar.x.push(start + width / 2); bar.width.push(width); bar.base.push(base); bar.y.push(height); bar.text.push(text);
  }

  instructionBars(unit, row, [first, last]) {
    const each = this.data.instructions[unit], kinds = new Map();
    let lanes = 1;
    for (let i = first; i < last; ++i) {
      if (each.start[i] + each.length[i] > this.from) lanes = Math.max(lanes, each.lane[i] + 1);
    }
    for (let i = first; i < last; ++i) {
      const start = each.start[i], length = each.length[i];
      if (start + length <= this.from) continue;
      const kind = each.name[i], name = this.data.names[kind];
      if (!kinds.has(kind)) kinds.set(kind, {...Timeline.noBars(), customdata: []});
      const bar = kinds.get(kind), height = 0.48 / lanes;
      const base = this.lane(row) - 0.09 + each.lane[i] * height;
      this.push(bar, start, length, base, height * 0.92, lanes <= 2 ? `${literal(name)} ${each.instruction[i]}` : "");
      bar.customdata.push(`<b>${words(unit)}</b>: ${literal(name)}, instruction ${each.instruction[i]}<br>` +
        `${literal(this.data.names[each.layer[i]] || "")}<br>` +
        `${whole(length)} cycles, ${whole(start)} to ${whole(start + length)}`);
    }
    return [...kinds].map(([kind, bar]) => ({type: "bar", ...bar, showlegend: false, textposition: "inside",
      insidetextanchor: "middle", textangle: 0, constraintext: "none", insidetextfont: {size: 10}, cliponaxis: true,
      marker: {color: colour(this.kindColour.get(kind)), opacity: 0.75, line: {width: 0.5, color: css("--paper")}},
      hovertemplate: "%{customdata}<extra></extra>"}));
  }

  // The bytes per cycle of each memory in view, averaged where there are too many steps to see.
  rates() {
    const data = [];
    Object.entries(this.data.rates).forEach(([memory, ways], index) => {
      Object.entries(ways).forEach(([way, [starts, values]]) => {
        const [x, y] = this.thinned(starts, values);
        data.push({type: "scatter", mode: "lines", x, y, yaxis: "y" + (index + 2), line: {shape: "hv", width: 1.3,
          color: colour(way === "read" ? "#0072B2" : "#D55E00")}, name: `${way}, B/cycle`, legendgroup: way,
          showlegend: index === 0,
          hovertemplate: `${words(memory)} ${way}: %{y:.1f} B/cycle<extra></extra>`});
      });
    });
    return data;
  }

  thinned(starts, values) {
    const first = Math.max(0, Timeline.at(starts, this.from) - 1), last = Timeline.at(starts, this.to);
    if (last - first <= 600) {
      const lastValue = values[Math.max(0, last - 1)] || 0;
      return [starts.slice(first, last).concat(this.to), values.slice(first, last).concat(lastValue)];
    }
    const x = [], y = [], width = (this.to - this.from) / 300;
    let index = first;
    for (let column = 0; column < 300; ++column) {
      const a = this.from + column * width, b = a + width;
      let sum = 0;
      while (index + 1 < starts.length && starts[index + 1] <= a) ++index;
      for (let i = index; i < starts.length && starts[i] < b; ++i) {
        const end = i + 1 < starts.length ? starts[i + 1] : this.to;
        sum += values[i] * Math.max(0, Math.min(b, end) - Math.max(a, starts[i]));
      }
      x.push(a); y.push(sum / width);
    }
    return [x, y];
  }

  layout() {
    const rows = this.units.length, memories = Object.keys(this.data.rates);
    const total = 46 * rows + 74 * memories.length, top = 1, unitShare = (46 * rows) / total, each = (74 / total);
    const made = {barmode: "overlay", bargap: 0, dragmode: "zoom", hovermode: "closest", uirevision: "keep",
      xaxis: {range: this.view, title: {text: "cycle"}, anchor: memories.length ? "y" + (memories.length + 1) : "y",
        tickformat: ",d", nticks: narrow() ? 4 : 9},
      yaxis: {domain: [1 - unitShare, top], range: [-0.55, rows - 0.45],
        tickvals: this.units.map((_, row) => this.lane(row)),
        ticktext: this.units.map(words), fixedrange: true, showgrid: false, zeroline: false}};
    memories.forEach((memory, index) => {
      const high = 1 - unitShare - index * each;
      made["yaxis" + (index + 2)] = {domain: [Math.max(0, high - each * 0.78), high - each * 0.08], fixedrange: true,
        rangemode: "tozero", nticks: 3,
        title: {text: words(memory).replace(" ", "<br>"), font: {size: 10}, standoff: 4}};
    });
    return made;
  }
}

function showTimeline(page) {
  const timeline = new Timeline(page.timeline, page.cycles.colours, page.series);
  const place = chart("timeline", () => timeline.figure());
  const note = element("timeline-words");
  const say = () => {
    const [a, b] = timeline.view;
    const shown = ["shares", "single stretches", "instructions"][timeline.detail];
    note.textContent = `cycles ${whole(a)} to ${whole(b)}: ${shown}`;
  };
  const look = (left, right) => {
    const end = timeline.data.end, span = Math.min(end, Math.max(8, right - left));
    const start = Math.min(Math.max(0, left), end - span);
    timeline.view = [start, start + span];
    const figure = timeline.figure();
    Plotly.react(place, figure.data, layout({...figure.layout, uirevision: String(start) + span}), settings);
    say();
  };
  const move = (what) => {
    const [a, b] = timeline.view, middle = (a + b) / 2, span = b - a;
    ({in: () => look(middle - span / 4, middle + span / 4), out: () => look(middle - span, middle + span),
      left: () => look(a - span / 2, b - span / 2), right: () => look(a + span / 2, b + span / 2),
      all: () => look(0, timeline.data.end)})[what]();
  };
  for (const button of document.querySelectorAll("[data-timeline]")) {
    button.addEventListener("click", () => move(button.dataset.timeline));
  }
  const keys = {"+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", "0": "all"};
  onKeys(place, Object.fromEntries(Object.entries(keys).map(([key, what]) => [key, () => move(what)])));
  place.on("plotly_relayout", (change) => {
    if (change["xaxis.autorange"]) look(0, timeline.data.end);
    else if (change["xaxis.range[0]"] !== undefined) look(change["xaxis.range[0]"], change["xaxis.range[1]"]);
  });
  say();
}
