// The Pareto view: all designs by two figures, the front ringed, the chosen design in a ring of its own.

// More points than this are drawn by WebGL, where the browser has it: as many SVG elements would be slow.
const mostElements = 1500;
const webGl = (() => {
  try { return Boolean(document.createElement("canvas").getContext("webgl")); } catch { return false; }
})();

// Values of a parameter that get a colour each; of numbers as many as the scale has steps.
const mostColours = (axis) => (axis.numeric ? viridis.length : 12);
function stepColour(index, axis, series) {
  if (!axis.numeric) return colour(series[index % series.length]);
  return steps()[Math.round((index * 7) / Math.max(1, axis.distinct.length - 1))];
}

const position = (axis, index) => (axis.side ? axis.points[index] : axis.values[index]);

class ParetoView {
  constructor(sweep) {
    this.sweep = sweep;
    [this.across, this.up, this.tint] = ["across", "up", "tint"].map((id) => sweep.byName.get(element(id).value));
    this.type = sweep.count > mostElements && webGl ? "scattergl" : "scatter";
  }

  trace(chosen, more) {
    const {across, up, sweep} = this;
    return {type: this.type, mode: "markers", x: chosen.map((i) => position(across, i)),
      y: chosen.map((i) => position(up, i)), customdata: chosen, text: chosen.map((i) => sweep.hover[i]),
      hovertemplate: "%{text}<extra></extra>", ...more};
  }

  // Designs outside the brushes, pale.
  rest() {
    const chosen = [...this.sweep.kept.keys()].filter((i) => !this.sweep.kept[i]);
    if (!chosen.length) return [];
    return [this.trace(chosen, {name: "outside the limits", showlegend: false, hoverinfo: "skip", hovertemplate: null,
      marker: {size: 5, color: css("--wire"), opacity: 0.25}})];
  }

  // A line through the front of each network, where the view shows the two objectives of the sweep.
  lines(front) {
    const {sweep, across, up} = this, objectives = sweep.objectives.map((o) => o.path);
    const shown = objectives.length === 2 && across !== up && objectives.includes(across.name) &&
      objectives.includes(up.name);
    const shape = sweep.objectives.some((o) => o.maximise) ? "linear" : "hv";
    return (shown ? [...new Set(sweep.networks)] : []).map((network) =>
      this.trace(front.filter((i) => sweep.networks[i] === network), {type: "scatter", mode: "lines", showlegend: false,
        hoverinfo: "skip", hovertemplate: null, line: {color: css("--mark"), width: 1.5, shape}}));
  }

  // A trace for each of a few values, or one with a colour scale.
  dots(kept) {
    const {sweep, tint} = this;
    const marker = (chosen, more) =>
      ({size: 8, opacity: 0.9, symbol: chosen.map((i) => (sweep.outside[i].length ? "x" : "circle")), ...more});
    if (tint.side && tint.distinct.length <= mostColours(tint)) {
      return tint.distinct.map((value, index) => {
        const chosen = kept.filter((i) => tint.values[i] === value);
        return this.trace(chosen, {name: literal(`${tint.title} ${value}`),
          marker: marker(chosen, {color: stepColour(index, tint, sweep.series)})});
      });
    }
    const ticks = tint.side ? sideBySide(tint) : plainTicks(tint);
    const colorbar = {title: {text: label(tint), side: "right"}, thickness: 12, ...ticks};
    const scaled = {color: kept.map((i) => tint.points[i]), colorscale: shades(), colorbar};
    return [this.trace(kept, {showlegend: false, marker: marker(kept, scaled)})];
  }

  figure() {
    const {sweep, across, up} = this, kept = [...sweep.kept.keys()].filter((i) => sweep.kept[i]);
    const front = sweep.front.filter((i) => sweep.kept[i]).sort((a, b) => position(across, a) - position(across, b));
    const ringed = (size, tone, width) => ({size, symbol: "circle-open", color: tone, line: {width, color: tone}});
    const data = [...this.rest(), ...this.lines(front), ...this.dots(kept),
      this.trace(front, {name: "Pareto front", marker: ringed(14, css("--mark"), 2)}),
      {type: "scatter", mode: "markers", x: [null], y: [null], name: "chosen", marker: ringed(20, css("--ink"), 2.5)}];
    return {data, layout: {dragmode: "zoom", hovermode: "closest", uirevision: across.name + up.name,
      xaxis: scale(across, sweep.range.x), yaxis: scale(up, sweep.range.y), margin: {l: 8, r: 8, t: 8, b: 44}}};
  }
}

const pareto = (sweep) => new ParetoView(sweep).figure();

// The ring round the chosen design: an element above the chart, so that a click does not draw all points again.
class Ring {
  constructor(place, sweep) {
    Object.assign(this, {place, sweep, mark: document.createElement("span")});
    this.mark.className = "ring";
    place.append(this.mark);
    place.on("plotly_afterplot", () => this.move());
  }

  move() {
    const {xaxis, yaxis} = this.place._fullLayout, {sweep} = this;
    const [x, y] = [[xaxis, "across"], [yaxis, "up"]].map(([axis, id]) =>
      axis.d2p(position(sweep.byName.get(element(id).value), sweep.chosen)));
    this.mark.hidden = !(x >= 0 && x <= xaxis._length && y >= 0 && y <= yaxis._length);
    this.mark.style.transform = `translate(${x + xaxis._offset}px, ${y + yaxis._offset}px)`;
  }
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
  onKeys(place, {"+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), "0": all, ArrowRight: () => step(1),
    ArrowLeft: () => step(-1)});
}
