// Everything is there: draw it.
function update(isQuiet) {
  applyFilter();
  paintOverview();
  paintChips();
  paintFailures();
  paintDurations();
  paintExplained();
  paintLegend();
  paintNumbers();
  paintHead();
  cursor = 0;
  paintRows(true);
  redraw();
  if (!isQuiet) saveAddress();
}

readColours();
paintProgress();
applyFilter();
view.firstAxis = view.x = axes.length ? paintExplained() : 0;
loadAddress();
// For measurements and tests.
window.report = {
  parse: parsedAt - bootStart,
  init: performance.now() - bootStart,
  charts
};
requestAnimationFrame(() => setTimeout(() => {
                        window.report.ready = performance.now();
                        document.documentElement.dataset.ready = '1';
                      }));
