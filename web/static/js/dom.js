/** Small DOM vocabulary. */

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement|null}
 */
export const $ = (selector, root = document) => root.querySelector(selector);

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement[]}
 */
export const $$ = (selector, root = document) => /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);

/**
 * The content of a JSON block that the server rendered.
 * @param {string} id
 * @returns {any}
 */
export const readJson = (id) => JSON.parse(document.getElementById(id)?.textContent || "null");

/**
 * Build an element. `dataset`, `on` and ARIA names are taken from `attributes`; children may be text.
 * @param {string} tag
 * @param {Object<string, any>} [attributes]
 * @param {...(Node|string|null|false)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [type, handler] of Object.entries(value)) node.addEventListener(type, handler);
    else if (name === "class") node.className = value;
    else if (name === "dataset") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Object<string, string|number>} [attributes]
 * @param {...(Node|string)} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

const staticBase = document.querySelector('meta[name="static"]')?.getAttribute("content") || "/static";

/**
 * An icon of the sprite, decorative.
 * @param {string} name
 * @param {number} [size]
 * @param {string} [className]
 */
export const icon = (name, size = 18, className = "") =>
  svg("svg", { class: `icon ${className}`.trim(), width: size, height: size, "aria-hidden": "true" }, svg("use", { href: `${staticBase}/icons.svg#${name}` }));

/**
 * @template {any[]} A
 * @param {(...args: A) => void} run
 * @param {number} wait_ms
 * @returns {(...args: A) => void}
 */
export function debounce(run, wait_ms) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = window.setTimeout(() => run(...args), wait_ms);
  };
}

/** @returns {boolean} */
export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** @returns {boolean} the layout of a phone (same width as in the style sheets) */
export const isPhone = () => matchMedia("(max-width: 700px)").matches;

/** Is the reader typing, so that single keys must not act? @param {EventTarget|null} target */
export const isTyping = (target) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));

/**
 * A short message at the foot of the window, read out by screen readers.
 * @param {string} text
 * @param {{label: string, run: () => void}} [action]
 */
export function toast(text, action) {
  const node = el("div", { class: "toast" }, text);
  if (action) node.append(el("button", { type: "button", on: { click: () => (node.remove(), action.run()) } }, action.label));
  document.getElementById("toasts")?.append(node);
  setTimeout(() => node.remove(), action ? 9000 : 4500);
}
