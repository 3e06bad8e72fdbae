/**
 * The map takes its colours from the style sheet, so there is one place for both themes.
 *
 * @typedef {import("./types.js").Palette} Palette
 * @typedef {import("./types.js").By} By
 */

const NAMES = `bg surface surface-2 ink ink-2 ink-3 line-2 accent on-accent
  ok-fill ok-solid risk-fill risk-solid fail-fill fail-solid nd-fill nd-solid hatch hatch-risk hatch-nd
  d-reg d-flo d-let d-mul d-vac d-unv d-ink p1 p2 p3 p4 p5 p6 c-3 c-2 c-1 c0 c1 c2 c3
  m-land m-block m-out m-road m-road-edge m-green m-tree m-water m-pitch m-bld m-bld-edge m-bld-out m-cell m-comm m-label m-halo m-sel m-zone m-zone-ink`.split(/\s+/);

/** @returns {Palette} */
export function readPalette() {
  const style = getComputedStyle(document.documentElement);
  /** @type {Palette} */
  const palette = { dark: style.colorScheme === "dark" ? "1" : "" };
  for (const name of NAMES) palette[name] = style.getPropertyValue(`--${name}`).trim();
  return palette;
}

export const STATUSES = /** @type {const} */ (["meets", "at_risk", "fails", "no_data"]);
/** @type {Object<string, string>} */
const STATUS_TOKEN = { meets: "ok", at_risk: "risk", fails: "fail", no_data: "nd" };

/**
 * Fill colours by class index.
 * @param {By} by
 * @param {Palette} palette
 * @returns {string[]}
 */
export function rampOf(by, palette) {
  if (by === "population") return [1, 2, 3, 4, 5, 6].map((step) => palette[`p${step}`]);
  if (by === "change") return [-3, -2, -1, 0, 1, 2, 3].map((step) => palette[`c${step}`]);
  return STATUSES.map((status) => palette[`${STATUS_TOKEN[status]}-fill`]);
}

/** @param {string} status @param {Palette} palette @param {"fill"|"solid"} part */
export const statusColour = (status, palette, part) => palette[`${STATUS_TOKEN[status]}-${part}`];

/** WCAG relative luminance. @param {string} hex "#rrggbb" */
export function luminance(hex) {
  const channel = (/** @type {number} */ at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** Would white text read better than black on this ground? @param {string} hex */
export const wantsWhite = (hex) => /^#[0-9a-f]{6}$/i.test(hex) && luminance(hex) < 0.179;
