/** The drawer on a phone: a sheet with three stops, dragged by its grabber or head. */
import { isPhone } from "./dom.js";

const PEEK_PX = 120;

/** @param {HTMLElement} drawer @param {HTMLElement} grabber */
export function wireSheet(drawer, grabber) {
  const stops = () => [PEEK_PX, Math.round(window.innerHeight * 0.52), drawer.clientHeight];
  let at = 1;
  const settle = (/** @type {number} */ stop) => {
    at = Math.max(0, Math.min(2, stop));
    document.documentElement.style.setProperty("--sheet", `${stops()[at]}px`);
    drawer.dataset.stop = ["peek", "half", "full"][at];
  };
  let start = 0;
  let from = 0;
  let moved = false;
  const height = () => window.innerHeight - drawer.getBoundingClientRect().top - (window.innerHeight - drawer.getBoundingClientRect().bottom);
  const visible = () => drawer.clientHeight - new DOMMatrix(getComputedStyle(drawer).transform).m42;
  const down = (/** @type {PointerEvent} */ event) => {
    if (!isPhone() || /** @type {HTMLElement} */ (event.target).closest("a, button:not(#grabber), input")) return;
    start = event.clientY;
    from = Math.min(visible(), height());
    moved = false;
    drawer.classList.add("is-dragging");
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
  };
  const move = (/** @type {PointerEvent} */ event) => {
    if (!drawer.classList.contains("is-dragging")) return;
    if (Math.abs(event.clientY - start) > 4) moved = true;
    const size = Math.max(60, Math.min(drawer.clientHeight, from + start - event.clientY));
    document.documentElement.style.setProperty("--sheet", `${size}px`);
  };
  const up = (/** @type {PointerEvent} */ event) => {
    if (!drawer.classList.contains("is-dragging")) return;
    drawer.classList.remove("is-dragging");
    if (!moved) return settle(at === 2 ? 1 : at + 1);
    const size = from + start - event.clientY;
    const distances = stops().map((stop) => Math.abs(stop - size));
    return settle(distances.indexOf(Math.min(...distances)));
  };
  for (const handle of [grabber, drawer]) {
    handle.addEventListener("pointerdown", (event) => (handle === grabber || /** @type {HTMLElement} */ (event.target).closest(".view-head")) && down(event));
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", up);
    handle.addEventListener("pointercancel", up);
  }
  grabber.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp") settle(at + 1);
    else if (event.key === "ArrowDown") settle(at - 1);
    else if (event.key === "Enter" || event.key === " ") (event.preventDefault(), settle((at + 1) % 3));
  });
  window.addEventListener("resize", () => settle(at));
  settle(1);
  return { open: () => at === 0 && settle(1) };
}
