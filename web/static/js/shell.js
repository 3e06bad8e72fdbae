/** What every page needs: CSRF for htmx, theme, language, the g-keys of the rail, revealing people, small page behaviours. */
import { post } from "./api.js";
import { $, $$, isTyping, toast } from "./dom.js";
import { t } from "./i18n.js";
import { wireReveal } from "./reveal.js";

const THEMES = ["auto", "light", "dark"];

function wireHtmx() {
  const token = document.querySelector('meta[name="csrf"]')?.getAttribute("content") || "";
  document.addEventListener("htmx:config:request", (event) => {
    const { request } = /** @type {CustomEvent} */ (event).detail.ctx;
    request.headers["X-CSRF-Token"] = token;
  });
  document.addEventListener("htmx:error", () => toast(t("offline")));
}

function wireTheme() {
  const button = $("[data-theme-toggle]");
  button?.addEventListener("click", () => {
    const root = document.documentElement;
    const next = THEMES[(THEMES.indexOf(root.dataset.theme || "auto") + 1) % THEMES.length];
    root.dataset.theme = next;
    toast(t(`theme_${next}`));
    document.dispatchEvent(new CustomEvent("gridmap:theme"));
    post("/theme", { theme: next }).catch(() => undefined);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    if (document.documentElement.dataset.theme === "auto") document.dispatchEvent(new CustomEvent("gridmap:theme"));
  });
}

/** `g` then a letter goes to an entry of the rail. */
function wireGoKeys() {
  let waiting = 0;
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "g") {
      waiting = Date.now();
    } else if (Date.now() - waiting < 1200) {
      waiting = 0;
      const entry = $(`[data-go="${CSS.escape(event.key)}"]`);
      if (entry) {
        event.preventDefault();
        event.stopImmediatePropagation();
        entry.click();
      }
    }
  }, true);
}

function wireForms() {
  for (const field of $$("input[data-here]")) {
    const input = /** @type {HTMLInputElement} */ (field);
    input.form?.addEventListener("submit", () => (input.value = location.pathname + location.search + location.hash));
  }
  document.addEventListener("click", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    for (const open of $$("details.rail-user[open]")) if (!open.contains(target)) open.removeAttribute("open");
    const eye = target.closest("[data-show-password]");
    const field = eye?.parentElement?.querySelector("input");
    if (field) field.type = field.type === "password" ? "text" : "password";
    const print = target.closest("[data-print]");
    if (print) window.print();
  });
  document.addEventListener("change", (event) => {
    const field = /** @type {HTMLElement} */ (event.target);
    if (field.closest("[data-submit-on-change]")) /** @type {HTMLInputElement} */ (field).form?.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const question = event.submitter?.getAttribute("data-confirm") || form.getAttribute("data-confirm");
    if (question && !window.confirm(question)) event.preventDefault();
  });
}

wireHtmx();
wireTheme();
wireGoKeys();
wireForms();
wireReveal();
