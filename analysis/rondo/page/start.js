// Unpacks the library and the data, then draws. `ready` on the document tells that all is drawn.
async function start() {
  const [library, data] = await Promise.all([unpack("library"), unpack("data")]);
  const script = document.createElement("script");
  script.textContent = library;
  document.head.append(script);
  state.page = JSON.parse(data);
  ({run: showRun, sweep: showSweep})[state.page.kind](state.page);
  document.documentElement.dataset.ready = "yes";
}
start();
