/**
 * Revealing one person: purpose first (keys 1–4), then the full record for a minute with a visible countdown, then the masked row again.
 * The masked row is kept here and put back; the full values never outlive it in the page.
 */
import { $, $$, isTyping, toast } from "./dom.js";
import { t } from "./i18n.js";

/** @type {Map<string, {masked: string, timer: number}>} */
const open = new Map();

/** @param {HTMLElement} row */
const keyOf = (row) => `${row.dataset.region}:${row.dataset.person}`;

/** @param {HTMLElement} row @param {boolean} shown */
function toggle(row, shown) {
  for (const form of $$("[data-reveal-form]:not([hidden])")) {
    form.hidden = true;
    $("[data-reveal]", form.closest(".person") ?? document)?.setAttribute("aria-expanded", "false");
  }
  const form = $("[data-reveal-form]", row);
  if (!form) return;
  form.hidden = !shown;
  $("[data-reveal]", row)?.setAttribute("aria-expanded", String(shown));
  if (shown) $("[data-key]", form)?.focus();
}

/** @param {HTMLElement} row */
function mask(row) {
  const entry = open.get(keyOf(row));
  if (!entry) return;
  clearInterval(entry.timer);
  open.delete(keyOf(row));
  const template = document.createElement("template");
  template.innerHTML = entry.masked;
  const masked = /** @type {HTMLElement} */ (template.content.firstElementChild);
  row.replaceWith(masked);
  window.htmx?.process(masked);
}

/** @param {HTMLElement} row freshly revealed */
function countDown(row) {
  const entry = open.get(keyOf(row));
  if (!entry) return;
  let left = Number(row.dataset.revealSeconds) || 60;
  const clock = $("[data-countdown]", row);
  toast(t("masked_in", { n: left }));
  entry.timer = window.setInterval(() => {
    left -= 1;
    if (clock) clock.textContent = String(left);
    if (left <= 0 || !row.isConnected) {
      if (row.isConnected) toast(t("masked_again"));
      mask(row);
    }
  }, 1000);
}

export function wireReveal() {
  document.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest?.("[data-reveal]");
    const row = /** @type {HTMLElement|null} */ (button?.closest(".person") ?? null);
    if (button && row) toggle(row, button.getAttribute("aria-expanded") !== "true");
  });
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target)) return;
    const form = $("[data-reveal-form]:not([hidden])");
    if (!form) return;
    if (event.key === "Escape") {
      event.stopImmediatePropagation();
      const row = /** @type {HTMLElement} */ (form.closest(".person"));
      toggle(row, false);
      $("[data-reveal]", row)?.focus();
    } else if (/^[1-9]$/.test(event.key)) {
      const choice = $(`[data-key="${event.key}"]`, form);
      if (choice) (event.preventDefault(), choice.click());
    }
  }, true);
  document.addEventListener("htmx:before:request", (event) => {
    const row = /** @type {HTMLElement} */ (event.target).closest?.(".person");
    if (row instanceof HTMLElement && !open.has(keyOf(row))) {
      const copy = /** @type {HTMLElement} */ (row.cloneNode(true));
      const form = $("[data-reveal-form]", copy);
      if (form) form.hidden = true;
      $("[data-reveal]", copy)?.setAttribute("aria-expanded", "false");
      for (const node of [copy, ...$$(".htmx-request", copy)]) node.classList.remove("htmx-request");
      open.set(keyOf(row), { masked: copy.outerHTML, timer: 0 });
    }
  });
  document.addEventListener("htmx:after:settle", () => {
    for (const row of $$(".person.is-revealed")) if (open.has(keyOf(row)) && !open.get(keyOf(row))?.timer) countDown(row);
    for (const row of $$(".person:not(.is-revealed)")) if (!open.get(keyOf(row))?.timer) open.delete(keyOf(row));
  });
  window.addEventListener("pagehide", () => {
    for (const row of $$(".person.is-revealed")) mask(row);
  });
}
