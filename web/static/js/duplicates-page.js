/**
 * Possible duplicates: keys 1 one person, 2 two persons, 3 later, Z undo, J K next and previous. While a reveal form is
 * open its own keys count.
 */
import { $, isTyping } from "./dom.js";

/** @type {Object<string, string>} */
const BUTTONS = {
  1: '#decision [value="same"]',
  2: '#decision [value="apart"]',
  3: '#decision [value="later"]',
  z: "#undo button",
};

/** @param {KeyboardEvent} event */
function key(event) {
  const typing = isTyping(event.target) && /** @type {HTMLInputElement} */ (event.target).type !== "radio";
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if ($("[data-reveal-form]:not([hidden])")) return;
  const pair = $("#pair");
  const href = event.key === "j" ? pair?.dataset.next : event.key === "k" ? pair?.dataset.prev : undefined;
  const button = /** @type {HTMLButtonElement|null} */ (BUTTONS[event.key] ? $(BUTTONS[event.key]) : null);
  if (href) location.assign(href);
  else if (button) (event.preventDefault(), button.click());
}

document.addEventListener("keydown", key);
$(".queue [aria-current]")?.scrollIntoView({ block: "nearest" });
