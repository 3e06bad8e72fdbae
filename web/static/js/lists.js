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
