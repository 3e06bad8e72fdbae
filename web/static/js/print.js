/**
 * Printing the map: the sheet's size and the light theme are set first, the map is drawn anew for it, then the browser prints.
 *
 * @typedef {import("./map-view.js").MapView} MapView
 * @typedef {import("./state.js").State} State
 */
import { $ } from "./dom.js";
import { dateText, t } from "./i18n.js";

const READY_LIMIT_MS = 6000;

/** @param {MapView} view @returns {Promise<void>} when everything is drawn, or after a while */
const drawn = (view) => new Promise((done) => {
  const timer = setTimeout(done, READY_LIMIT_MS);
  view.map.once("idle", () => {
    clearTimeout(timer);
    done();
  });
});

/** @param {State} state */
function headLine(state) {
  const { now } = state;
  const measure = t({ compliance: "compliance", population: "residents", change: "change" }[now.by]);
  const base = now.by === "change" ? ` (${t("compare_to", { date: dateText(now.base) })})` : "";
  const line = $("[data-print-line]");
  if (line) line.textContent = `${measure}${base} · ${t("values_of", { date: dateText(now.date) })} · ${t("scale_crs")} · ${line.dataset.by || ""}`;
}

/**
 * @param {MapView} view
 * @param {State} state
 */
export async function printMap(view, state) {
  const root = document.documentElement;
  const theme = root.dataset.theme || "auto";
  const bounds = view.map.getBounds();
  const camera = { center: view.map.getCenter(), zoom: view.map.getZoom(), bearing: view.map.getBearing(), pitch: view.map.getPitch() };
  const dark = Boolean(view.palette.dark);
  headLine(state);
  root.dataset.theme = "light";
  document.body.classList.add("is-printing");
  try {
    view.map.resize();
    if (dark) view.restyle();
    view.map.fitBounds(bounds, { duration: 0, bearing: camera.bearing, pitch: camera.pitch });
    await drawn(view);
    window.print();
  } finally {
    document.body.classList.remove("is-printing");
    root.dataset.theme = theme;
    view.map.resize();
    view.map.jumpTo(camera);
    if (dark) view.restyle();
  }
}

/** Ctrl-P and the print buttons of the drawer. @param {MapView} view @param {State} state */
export function wirePrint(view, state) {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "p") {
      event.preventDefault();
      printMap(view, state);
    }
  });
  document.addEventListener("click", (event) => {
    if (/** @type {HTMLElement} */ (event.target).closest("[data-print-map]")) printMap(view, state);
  });
}
