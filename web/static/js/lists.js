/** Lists: "/" goes to the search, "[" and "]" turn the page; an open pop-up closes with Escape or a click beside it. */
import { $, $$, isTyping } from "./dom.js";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    for (const open of $$("details.pop[open]")) {
      open.removeAttribute("open");
      $("summary", open)?.focus();
    }
    return;
  }
  if (isTyping(event.target)) return;
  if (event.key === "/") {
    const field = /** @type {HTMLInputElement|null} */ ($("[data-slash]"));
    if (field) (event.preventDefault(), field.focus(), field.select());
  } else if (event.key === "[" || event.key === "]") {
    const way = $(`.pager [rel=${event.key === "[" ? "prev" : "next"}]:not([disabled])`);
    if (way) (event.preventDefault(), way.click());
  }
});

document.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  for (const open of $$("details.pop[open]")) if (!open.contains(target)) open.removeAttribute("open");
});

/* Only the end of a number needs a purpose; the fields for it come when one is typed. */
const words = /** @type {HTMLInputElement|null} */ ($("[data-slash]"));
const why = $$(".purpose-field, .note-field");

function askWhy() {
  const tail = /^[0-9]{3,5}[0-9xX]$/.test((words?.value ?? "").normalize("NFKC").replace(/[\s-]/g, ""));
  for (const field of why) field.hidden = !tail;
}
words?.addEventListener("input", askWhy);
if (words) askWhy();
