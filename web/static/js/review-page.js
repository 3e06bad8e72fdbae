/**
 * Review: keys 1–9 choose a candidate, A alias, N new, S skip, Z undo, J K next and previous; candidates stand on a small map.
 *
 * @typedef {import("./types.js").MapConfig} MapConfig
 */
import { $, $$, el, isTyping, readJson } from "./dom.js";

/** @type {Object<string, string>} */
const ACTIONS = { a: "alias", n: "new", s: "skip", z: "undo", Enter: "choose" };
const form = /** @type {HTMLFormElement|null} */ ($("#case"));
const candidates = $$(".candidate");

/** @param {KeyboardEvent} event */
function key(event) {
  if (!form || event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = isTyping(event.target) && /** @type {HTMLInputElement} */ (event.target).type !== "radio";
  if (typing) return;
  if (/^[1-9]$/.test(event.key)) {
    const input = /** @type {HTMLInputElement|null} */ ($(`.candidate[data-key="${event.key}"] input`));
    if (input) (event.preventDefault(), input.click(), input.focus());
  } else if (event.key === "j" || event.key === "k") {
    const href = form.dataset[event.key === "j" ? "next" : "prev"];
    if (href) location.assign(href);
  } else if (ACTIONS[event.key]) {
    const button = /** @type {HTMLButtonElement|null} */ ($(`button[name=action][value="${ACTIONS[event.key]}"]`, form));
    if (button && !button.disabled && !(event.key === "Enter" && event.target instanceof HTMLButtonElement)) (event.preventDefault(), button.click());
  }
}

async function showMap() {
  const config = /** @type {MapConfig|null} */ (document.getElementById("map-config") ? readJson("map-config") : null);
  const container = document.getElementById("map");
  if (!config || !container) return;
  const { MapView, featureRef, hasWebGl2 } = await import("./map-view.js");
  if (!hasWebGl2()) return;
  const { Marker, LngLatBounds } = await import("../vendor/maplibre-gl.mjs");
  const { addCameraButtons, addScale } = await import("./camera.js");
  const places = candidates.filter((node) => node.dataset.lon).map((node) => ({ node, at: /** @type {[number, number]} */ ([Number(node.dataset.lon), Number(node.dataset.lat)]) }));
  const bounds = new LngLatBounds();
  for (const place of places) bounds.extend(place.at);
  const camera = places.length ? { bounds, fitBoundsOptions: { padding: 60, maxZoom: 17.2 } } : { bounds: config.bounds };
  const view = new MapView(container, config, { camera });
  view.onStyle.add(() => view.show(["cell-hatch-fails", "cell-hatch-at_risk", "cell-hatch-no_data"], false));
  addCameraButtons(view);
  const scale = document.getElementById("scale");
  if (scale) addScale(view, scale);
  const pins = places.map(({ node, at }) => {
    const pin = el("div", { class: "map-pin", on: { click: () => $("input", node)?.click() } }, String(node.dataset.key));
    new Marker({ element: pin }).setLngLat(at).addTo(view.map);
    return pin;
  });
  const choose = () => places.forEach(({ node }, index) => {
    const chosen = Boolean(/** @type {HTMLInputElement} */ ($("input", node)).checked);
    pins[index].classList.toggle("is-chosen", chosen);
    if (chosen && node.dataset.mapId) view.mark("building", featureRef("building", Number(node.dataset.mapId)));
  });
  form?.addEventListener("change", choose);
  document.addEventListener("gridmap:theme", () => requestAnimationFrame(() => view.restyle()));
  choose();
}

document.addEventListener("keydown", key);
$(".queue [aria-current]")?.scrollIntoView({ block: "nearest" });
showMap();
