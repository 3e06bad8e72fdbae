/**
 * The search box over the map: results come as a list, arrows walk it, Enter opens. The words go in a POST body, never into an address.
 */
import { $, $$ } from "./dom.js";
import { t } from "./i18n.js";

/**
 * @param {HTMLFormElement} form
 * @param {(hit: DOMStringMap) => void} open
 */
export function wireSearch(form, open) {
  const input = /** @type {HTMLInputElement} */ ($("input[type=search]", form));
  const results = /** @type {HTMLElement} */ ($("#search-results", form));
  const options = () => $$("[role=option]", results);
  const show = (/** @type {boolean} */ shown) => {
    results.hidden = !shown;
    input.setAttribute("aria-expanded", String(shown));
  };
  const choose = (/** @type {number} */ at) => {
    options().forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    const option = options()[at];
    input.setAttribute("aria-activedescendant", option?.id || "");
    option?.scrollIntoView({ block: "nearest" });
  };
  const go = (/** @type {HTMLElement|undefined} */ option) => {
    if (!option) return;
    show(false);
    input.blur();
    open(option.dataset);
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("htmx:after:swap", () => show(Boolean(input.value.trim()) && document.activeElement === input));
  input.addEventListener("focus", () => show(Boolean(input.value.trim() && results.childElementCount)));
  input.addEventListener("input", () => input.value.trim() || show(false));
  input.addEventListener("keydown", (event) => {
    const list = options();
    const at = list.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") (event.preventDefault(), choose(Math.min(list.length - 1, at + 1)));
    else if (event.key === "ArrowUp") (event.preventDefault(), choose(Math.max(0, at - 1)));
    else if (event.key === "Enter" && !results.hidden && list.length) (event.preventDefault(), go(list[Math.max(0, at)]));
    else if (event.key === "Escape") {
      event.stopPropagation();
      if (input.value) input.value = "";
      else input.blur();
      show(false);
    }
  });
  results.addEventListener("pointerdown", (event) => event.preventDefault());
  results.addEventListener("click", (event) => go(/** @type {HTMLElement|undefined} */ (/** @type {HTMLElement} */ (event.target).closest("[role=option]") ?? undefined)));
  document.addEventListener("pointerdown", (event) => form.contains(/** @type {Node} */ (event.target)) || show(false));
  new MutationObserver(() => {
    const count = options().length;
    const live = document.getElementById("map-live");
    if (live && input.value.trim()) live.textContent = count ? t("results_n", { n: count }) : t("no_results");
  }).observe(results, { childList: true });
}
