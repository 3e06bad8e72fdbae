/**
 * Review, one case at a time. Keys: 1–9 choose, Enter decides, B A N S R L T ask about a decision, F looks for a place,
 * U undoes, J K go on and back, ? lists the keys. What a decision will do is asked of the server before it is made.
 * Candidates stand on a small map under the same numbers.
 *
 * @typedef {import("./types.js").MapConfig} MapConfig
 */
import { post } from "./api.js";
import { $, $$, debounce, el, isTyping, readJson } from "./dom.js";

const KEEP_MS = 120_000;
const SEARCH_MS = 250;
/** @type {Object<string, string[]>} keys and the dialogs they open, the first that the page has */
const ASKED = { b: ["building"], a: ["alias"], n: ["new_place", "new_person"], s: ["skip"], r: ["give_back"], l: ["leave"], t: ["stays"], "?": ["help"] };
const form = /** @type {HTMLFormElement|null} */ ($("#case"));
const search = /** @type {HTMLInputElement|null} */ ($("#place-search"));
const held = form?.dataset.held !== undefined;

/** @returns {HTMLElement[]} the candidates, those that were looked for included */
const candidates = () => $$(".candidate");
/** @param {HTMLElement} node */
const radio = (node) => /** @type {HTMLInputElement} */ ($("input", node));
const chosen = () => candidates().find((node) => radio(node).checked) || null;

/* what a decision will do */

/** @param {HTMLFormElement} of the form of the decision @param {string} [action] */
async function sayEffect(of, action) {
  const shown = $(".effect", of);
  if (!shown || !form || held) return;
  const fields = new URLSearchParams(/** @type {any} */ (new FormData(of)));
  if (action) fields.set("action", action);
  const asked = String(Number(shown.dataset.asked || 0) + 1);
  shown.dataset.asked = asked;
  try {
    const reply = await post(`/review/${form.dataset.case}/effect`, Object.fromEntries(fields));
    const html = await reply.text();
    if (shown.dataset.asked === asked) shown.innerHTML = html;
  } catch {
    if (shown.dataset.asked === asked) shown.replaceChildren();
  }
}

const mainAction = () => /** @type {HTMLButtonElement|null} */ ($("#decide"))?.value || "";
const sayMain = debounce(() => form && mainAction() && chosen() && sayEffect(form, mainAction()), 60);

/* dialogs */

/** @param {string} kind */
function ask(kind) {
  const dialog = /** @type {HTMLDialogElement|null} */ ($(`dialog[data-kind="${kind}"]`));
  if (!dialog || (held && kind !== "help")) return;
  const inner = /** @type {HTMLFormElement} */ ($("form", dialog));
  const candidate = chosen();
  const field = /** @type {HTMLInputElement|null} */ ($('input[name="candidate"]', inner));
  if (field) field.value = candidate ? radio(candidate).value : "";
  const where = /** @type {HTMLSelectElement|null} */ ($('select[name="where"]', inner));
  if (where && candidate) setWhere(where, candidate);
  const day = /** @type {HTMLInputElement|null} */ (form && $('input[name="on"]', form));
  if (day && !$('input[name="on"]', inner)) inner.append(el("input", { type: "hidden", name: "on", value: day.value }));
  dialog.showModal();
  /** @type {HTMLElement|null} */ ($("[data-confirm-ask]", inner))?.focus();
  if (kind !== "help") sayEffect(inner);
}

/** @param {HTMLSelectElement} where @param {HTMLElement} candidate */
function setWhere(where, candidate) {
  const building = candidate.dataset.building || "";
  if (![...where.options].some((option) => option.value === building)) {
    where.prepend(el("option", { value: building }, $("strong", candidate)?.textContent || ""));
  }
  where.value = building;
  showBuilding(where);
}

/** @param {HTMLSelectElement} where */
function showBuilding(where) {
  const fields = $(".new-building", /** @type {HTMLElement} */ (where.form));
  if (fields) fields.hidden = where.value !== "";
}

function wireDialogs() {
  for (const dialog of /** @type {HTMLDialogElement[]} */ ($$("dialog.ask"))) {
    const inner = /** @type {HTMLFormElement} */ ($("form", dialog));
    $("[data-close]", dialog)?.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    if (dialog.dataset.kind === "help") continue;
    const again = debounce(() => sayEffect(inner), SEARCH_MS);
    inner.addEventListener("input", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (target instanceof HTMLSelectElement && target.name === "where") showBuilding(target);
      again();
    });
  }
  document.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-ask],[data-help]");
    if (button) ask(button.getAttribute("data-ask") || "help");
  });
}

/* keys */

/** @param {KeyboardEvent} event */
function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  const target = event.target;
  if (target === search) return searchKey(event);
  if (isTyping(target) && !["radio", "checkbox"].includes(/** @type {HTMLInputElement} */ (target).type)) return;
  if (event.key === "u") return void press(event, $("#undo button"));
  if (!form) return;
  const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (/^[1-9]$/.test(letter)) {
    const node = candidates().find((one) => one.dataset.key === letter);
    if (node) (event.preventDefault(), radio(node).click(), radio(node).focus());
  } else if (letter === "j" || letter === "k") {
    const href = form.dataset[letter === "j" ? "next" : "prev"];
    if (href) location.assign(href);
  } else if ((letter === "f" || letter === "/") && search) {
    event.preventDefault();
    search.focus();
  } else if (letter === "Enter" && !(target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement)) {
    press(event, $("#decide") || $(".case-actions .is-primary"));
  } else if (ASKED[letter]) {
    const kind = ASKED[letter].find((one) => $(`dialog[data-kind="${one}"]`));
    if (kind) (event.preventDefault(), ask(kind));
  }
}

/** @param {KeyboardEvent} event @param {HTMLElement|null} button */
function press(event, button) {
  if (!button || /** @type {HTMLButtonElement} */ (button).disabled) return;
  event.preventDefault();
  button.click();
}

/** In the search: down and Enter go to what was found, Escape leaves. @param {KeyboardEvent} event */
function searchKey(event) {
  const first = $("#found .candidate input");
  if ((event.key === "ArrowDown" || event.key === "Enter") && first) {
    event.preventDefault();
    first.click();
    first.focus();
  } else if (event.key === "Enter") {
    event.preventDefault();
  } else if (event.key === "Escape") {
    search?.blur();
  }
}

/* looking for a place */

function wireSearch() {
  const found = $("#found");
  if (!search || !found || !form) return;
  let asked = "";
  search.addEventListener("input", debounce(async () => {
    asked = search.value;
    const text = asked;
    const reply = await post(`/review/${form.dataset.case}/places`, { q: text }).catch(() => null);
    if (!reply || asked !== text) return;
    const before = candidates().filter((node) => !found.contains(node)).length;
    found.innerHTML = await reply.text();
    $$(".candidate", found).forEach((node, index) => {
      const number = before + index + 1;
      node.dataset.key = String(number);
      const label = $("kbd", node);
      if (label) label.textContent = number < 10 ? String(number) : "";
    });
    document.dispatchEvent(new CustomEvent("gridmap:candidates"));
    sayMain();
  }, SEARCH_MS));
}

/* the map */

async function showMap() {
  const config = /** @type {MapConfig|null} */ (document.getElementById("map-config") ? readJson("map-config") : null);
  const container = document.getElementById("map");
  if (!config || !container) return;
  const { MapView, featureRef, hasWebGl2 } = await import("./map-view.js");
  if (!hasWebGl2()) return;
  const { Marker, LngLatBounds } = await import("../vendor/maplibre-gl.mjs");
  const { addCameraButtons, addScale } = await import("./camera.js");
  const located = () => candidates().filter((node) => node.dataset.lon).map((node) => ({ node, at: /** @type {[number, number]} */ ([Number(node.dataset.lon), Number(node.dataset.lat)]) }));
  /** @param {{at: [number, number]}[]} places */
  const around = (places) => places.reduce((bounds, place) => bounds.extend(place.at), new LngLatBounds());
  const places = located();
  const camera = places.length ? { bounds: around(places), fitBoundsOptions: { padding: 60, maxZoom: 17.2 } } : { bounds: config.bounds };
  const view = new MapView(container, config, { camera });
  view.onStyle.add(() => view.show(["cell-hatch-fails", "cell-hatch-at_risk", "cell-hatch-no_data"], false));
  addCameraButtons(view);
  const scale = document.getElementById("scale");
  if (scale) addScale(view, scale);
  /** @type {{node: HTMLElement, pin: HTMLElement, marker: any}[]} */
  let pins = [];
  const choose = () => {
    for (const { node, pin } of pins) {
      const on = radio(node).checked;
      pin.classList.toggle("is-chosen", on);
      if (on && node.dataset.mapId) view.mark("building", featureRef("building", Number(node.dataset.mapId)));
    }
  };
  const place = () => {
    for (const { marker } of pins) marker.remove();
    pins = located().map(({ node, at }) => {
      const pin = el("div", { class: "map-pin", on: { click: () => radio(node).click() } }, String(node.dataset.key));
      /** @param {boolean} on */
      const hover = (on) => (pin.classList.toggle("is-hover", on), node.classList.toggle("is-hover", on));
      for (const one of [node, pin]) {
        one.addEventListener("mouseenter", () => hover(true));
        one.addEventListener("mouseleave", () => hover(false));
      }
      return { node, pin, marker: new Marker({ element: pin }).setLngLat(at).addTo(view.map) };
    });
    choose();
  };
  form?.addEventListener("change", choose);
  document.addEventListener("gridmap:candidates", () => {
    place();
    const now = located();
    if (now.length) view.map.fitBounds(around(now), { padding: 60, maxZoom: 17.2, animate: false });
  });
  document.addEventListener("gridmap:theme", () => requestAnimationFrame(() => view.restyle()));
  place();
}

/* keeping the case */

function keep() {
  if (!form || held) return;
  window.setInterval(async () => {
    if (document.hidden) return;
    const reply = await post(`/review/${form.dataset.case}/keep`, {}).catch(() => null);
    const lost = $("#lost");
    if (reply && reply.status === 200 && lost) lost.innerHTML = await reply.text();
  }, KEEP_MS);
}

document.addEventListener("keydown", key);
document.body.dataset.keys = "ready";
form?.addEventListener("input", sayMain);
$(".queue [aria-current]")?.scrollIntoView({ block: "nearest" });
wireDialogs();
wireSearch();
sayMain();
keep();
showMap();
