/** Import page: dropping a file, its size checked before it is sent, J and K through the rows, a hint before leaving. */
import { $, $$, isTyping, toast } from "./dom.js";
import { t } from "./i18n.js";

function wireDrop() {
  const form = /** @type {HTMLFormElement|null} */ ($("form[data-max-mb]"));
  const drop = $("[data-drop]");
  const input = /** @type {HTMLInputElement|null} */ ($("#file"));
  const text = $("[data-drop-text]");
  if (!form || !drop || !input || !text) return;
  const limit = Number(form.dataset.maxMb);
  const check = () => {
    const file = input.files?.[0];
    if (!file) return;
    if (file.size > limit * 1048576) {
      input.value = "";
      toast(t("file_too_big", { n: limit }));
      return;
    }
    text.textContent = file.name;
  };
  input.addEventListener("change", check);
  for (const type of ["dragenter", "dragover"]) drop.addEventListener(type, () => drop.classList.add("is-over"));
  for (const type of ["dragleave", "drop"]) drop.addEventListener(type, () => drop.classList.remove("is-over"));
  form.addEventListener("submit", () => $("button.is-primary", form)?.setAttribute("aria-busy", "true"));
}

function wireRows() {
  const rows = $$("table[data-rows] tbody tr");
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { j: 1, k: -1 }[event.key];
    if (!step || !rows.length) return;
    event.preventDefault();
    const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    rows[Math.max(0, Math.min(rows.length - 1, at + step))].focus();
  });
}

wireDrop();
wireRows();
