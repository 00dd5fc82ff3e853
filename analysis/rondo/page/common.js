// What all pages share: unpacking, colours of the light and the dark theme, charts that are drawn again when the theme
// changes, numbers as people write them.
const element = (id) => document.getElementById(id);
const state = {page: null, draw: []};

async function unpack(id) {
  const bytes = Uint8Array.from(atob(element(id).textContent.trim()), (c) => c.charCodeAt(0));
  element(id).textContent = "";
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

const darkScheme = matchMedia("(prefers-color-scheme: dark)");
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const narrow = () => innerWidth < 640;

// The page says which colours would shine on dark paper, or vanish there.
const colour = (light) => (darkScheme.matches && state.page.dark[light]) || light;

function layout(more) {
  const ink = css("--ink"), soft = css("--soft"), line = css("--line");
  const axis = {gridcolor: line, linecolor: line, zerolinecolor: line, tickcolor: line, color: soft, automargin: true,
    title: {font: {color: ink}}};
  const base = {paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: {color: ink, size: 12, family: "inherit"}, margin: {l: 8, r: 12, t: 8, b: 40},
    hoverlabel: {bgcolor: css("--card"), bordercolor: line, font: {color: ink}, align: "left"},
    legend: {orientation: "h", x: 0, y: 1.0, yanchor: "bottom", font: {size: narrow() ? 11 : 12},
      traceorder: "normal"}};
  const merged = {...base, ...more};
  for (const name of Object.keys(merged)) {
    if (!/^[xy]axis/.test(name)) continue;
    merged[name] = {...axis, ...merged[name], title: {...axis.title, ...(merged[name].title || {})}};
  }
  return merged;
}

const settings = {responsive: true, displayModeBar: false, scrollZoom: false};

// Draws now, and again whenever the theme or the width class changes. `make` returns {data, layout}.
function chart(name, make) {
  const place = element("chart-" + name);
  if (!place) return null;
  const draw = () => drawn(place, make());
  state.draw.push(draw);
  draw();
  return place;
}

// Draws a figure, which may say how high it is.
function drawn(place, {data, layout: more, height}) {
  if (height) place.style.height = `${height}px`;
  return Plotly.react(place, data, layout(height ? {...more, height} : more), settings);
}

const redraw = () => state.draw.forEach((draw) => draw());
darkScheme.addEventListener("change", redraw);
let wasNarrow = narrow();
addEventListener("resize", () => { if (narrow() !== wasNarrow) { wasNarrow = narrow(); redraw(); } });

const words = (name) => name.replaceAll("_", " ");
const whole = (value) => Math.round(value).toLocaleString("en-US");
const share = (value) => (value > 0 && value < 0.001 ? "< 0.1 %" : (100 * value).toFixed(1) + " %");

const unscaled = ["mm²", "dB", "MHz", "%", "×"];
const prefixes = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"],
  [1e-12, "p"]];
function si(value, unit, digits = 3) {
  if (value === null || value === undefined) return "–";
  const small = !unit && Math.abs(value) < 1 && Math.abs(value) >= 1e-4;
  if (unscaled.includes(unit) || value === 0 || small) return `${Number(value.toPrecision(digits))} ${unit}`.trim();
  const [factor, prefix] = prefixes.find(([size]) => Math.abs(value) >= size * 0.9995) || prefixes[prefixes.length - 1];
  return `${Number((value / factor).toPrecision(digits))} ${prefix}${unit}`.trim();
}

// Even ticks with round numbers, as many as fit, each with its unit: for axes that are not logarithmic.
function evenTicks([low, high], unit, most = narrow() ? 4 : 7) {
  const span = high > low ? high - low : Math.abs(high) || 1, decade = 10 ** Math.floor(Math.log10(span / most));
  const step = decade * [1, 2, 5, 10].find((digit) => decade * digit * most >= span);
  const first = Math.ceil(low / step - 1e-9), count = Math.floor((high - low) / step + 1e-9) + 1;
  const tickvals = Array.from({length: Math.max(1, Math.min(count, 2 * most))}, (_, i) =>
    Number(((first + i) * step).toPrecision(12)));
  const digits = (value) => Math.max(1, Math.floor(Math.log10(Math.abs(value) / step) + 1e-9) + 2);
  return {tickvals, ticktext: tickvals.map((value) => si(value, unit, value ? Math.min(12, digits(value)) : 1))};
}

const escapes = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"};
const plain = (text) => String(text).replace(/[&<>"]/g, (c) => escapes[c]);
// Plotly takes some tags in what it draws for markup, and knows no &quot;.
const literal = (text) => String(text).replace(/[&<>]/g, (c) => escapes[c]);

// Keys of a chart that has the focus.
function onKeys(place, actions) {
  place.tabIndex = 0;
  place.addEventListener("keydown", (event) => {
    if (!actions[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    actions[event.key]();
  });
}
