/**
 * The date of all figures: a button that opens a date field and the usual choices.
 *
 * @typedef {import("./state.js").State} State
 */
import { $, el } from "./dom.js";
import { dateText } from "./i18n.js";

/** Last day of the month `back` months before the date. @param {string} iso @param {number} back */
export function monthEnd(iso, back) {
  const [year, month] = iso.split("-").map(Number);
  return new Date(Date.UTC(year, month - back, 0)).toISOString().slice(0, 10);
}

/** @param {string} iso @param {number} months @param {{min: string, max: string}} dates */
export function shiftMonths(iso, months, dates) {
  const [year, month, day] = iso.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  const moved = new Date(Date.UTC(year, month - 1 + months, Math.min(day, last))).toISOString().slice(0, 10);
  return moved < dates.min ? dates.min : moved > dates.max ? dates.max : moved;
}

/** @param {HTMLElement} root @param {State} state @param {{today: string, month: string, quarter: string, year: string}} words */
export function wireDate(root, state, words) {
  const button = /** @type {HTMLElement} */ ($(".date-button", root));
  const popover = /** @type {HTMLElement} */ ($(".popover", root));
  const text = /** @type {HTMLElement} */ ($("[data-date-text]", root));
  const { dates } = state.config;
  const input = /** @type {HTMLInputElement} */ (el("input", { type: "date", min: dates.min, max: dates.max, "aria-label": button.textContent?.trim() || "" }));
  const show = (/** @type {boolean} */ shown) => {
    popover.hidden = !shown;
    button.setAttribute("aria-expanded", String(shown));
    if (shown) input.focus();
  };
  const set = (/** @type {string} */ iso) => {
    if (!iso || iso < dates.min || iso > dates.max) return;
    state.set({ date: iso });
  };
  const [year, month] = dates.today.split("-").map(Number);
  const quick = [
    [words.today, dates.today],
    [words.month, monthEnd(dates.today, 1)],
    [words.quarter, new Date(Date.UTC(year, Math.floor((month - 1) / 3) * 3, 0)).toISOString().slice(0, 10)],
    [words.year, `${year - 1}-12-31`],
  ].filter(([, iso]) => iso >= dates.min && iso <= dates.max);
  popover.append(input, el("div", { class: "quick" }, ...quick.map(([word, iso]) => el("button", { type: "button", class: "button", on: { click: () => (set(iso), show(false), button.focus()) } }, word))));
  input.addEventListener("change", () => set(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") (set(input.value), show(false), button.focus());
  });
  button.addEventListener("click", () => show(popover.hidden));
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !popover.hidden) (event.stopPropagation(), show(false), button.focus());
  });
  document.addEventListener("pointerdown", (event) => root.contains(/** @type {Node} */ (event.target)) || show(false));
  const draw = () => {
    text.textContent = dateText(state.now.date);
    input.value = state.now.date;
  };
  state.listen((_, changed) => changed.has("date") && draw());
  draw();
}
