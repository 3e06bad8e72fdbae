/**
 * The legend: what the colours mean, how many cells a class holds, and a switch to see one class alone.
 *
 * @typedef {import("./painter.js").Painter} Painter
 */
import { $, el, icon } from "./dom.js";
import { number, share, signed, t } from "./i18n.js";
import { STATUSES, rampOf, statusColour } from "./palette.js";
import { paintHatch } from "./patterns.js";

/** @param {string} colour @param {"fails"|"at_risk"|"no_data"|null} hatch @param {import("./types.js").Palette} palette */
function swatch(colour, hatch, palette) {
  const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { class: "legend-swatch", width: 44, height: 30, "aria-hidden": "true" }));
  const draw = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  draw.fillStyle = colour;
  draw.fillRect(0, 0, 44, 30);
  if (hatch) {
    draw.scale(2, 2);
    const size = hatch === "at_risk" ? 7.4 : 6;
    for (let x = 0; x < 22; x += size) for (let y = 0; y < 15; y += size) {
      draw.save();
      draw.beginPath();
      draw.rect(x, y, size, size);
      draw.clip();
      draw.translate(x, y);
      paintHatch(draw, hatch, size, palette);
      draw.restore();
    }
  }
  return canvas;
}

/** @param {import("./types.js").ClassRange} range @param {boolean} change */
function rangeText(range, change) {
  const text = change ? signed : number;
  if (range.from === null) return `< ${text(Number(range.to) + 1)}`;
  if (range.to === null) return `> ${text(range.from - 1)}`;
  return range.from === range.to ? text(range.from) : `${text(range.from)} ${change ? "…" : "–"} ${text(range.to)}`;
}

/**
 * @typedef {object} Row
 * @property {string} label
 * @property {HTMLElement} mark
 * @property {string} [icon]
 * @property {number|null} count
 * @property {number|null} step  class index; null = not a switch
 */

/** @param {Painter} painter @returns {{title: string, aside: string, foot: string, rows: Row[]}} */
function cellLegend(painter) {
  const values = /** @type {import("./types.js").CellValues} */ (painter.cells);
  const { palette } = painter.view;
  const ramp = rampOf(values.by, palette);
  const total = t("grids_n", { n: number(values.legend.total) });
  if (values.by === "compliance") {
    const rows = ["fails", "at_risk", "meets", "no_data"].map((status) => {
      const step = STATUSES.indexOf(/** @type {any} */ (status));
      const hatch = status === "meets" ? null : /** @type {any} */ (status);
      return { label: t(status), mark: swatch(ramp[step], hatch, palette), icon: status, count: values.legend.states?.[status] ?? 0, step };
    });
    return { title: t("compliance"), aside: total, foot: t("only_class"), rows };
  }
  const change = values.by === "change";
  const rows = (values.legend.classes || []).map((range, step) => ({ label: rangeText(range, change), mark: swatch(ramp[step], null, palette), count: range.count, step })).reverse();
  if (values.legend.dedicated) rows.push({ label: t("dedicated"), mark: swatch(palette["m-block"], null, palette), count: values.legend.dedicated, step: -2 });
  return { title: t(change ? "change" : "residents"), aside: change ? total : t("natural_breaks"), foot: t("right_column"), rows };
}

/** @param {Painter} painter @returns {{title: string, aside: string, foot: string, rows: Row[]}} */
function buildingLegend(painter) {
  const { palette, config } = painter.view;
  const none = { label: t("no_dwellings"), mark: swatch(palette["m-bld"], null, palette), count: null, step: null };
  if (painter.buildingBy === "population") {
    const ramp = rampOf("population", palette);
    const rows = painter.buildingClasses.map((range, step) => ({ label: rangeText(range, false), mark: swatch(ramp[step], null, palette), count: range.count, step: null })).reverse();
    return { title: t("buildings_population"), aside: "", foot: "", rows: [...rows, none] };
  }
  const [low, high] = config.unverified_classes;
  const row = (/** @type {string} */ label, /** @type {string} */ status, /** @type {any} */ hatch) => ({ label, mark: swatch(statusColour(status, palette, "fill"), hatch, palette), count: null, step: null });
  return {
    title: t("buildings_unverified"), aside: "", foot: "",
    rows: [row(`> ${share(high, 0)}`, "fails", "fails"), row(`${(low * 100).toFixed(0)} – ${share(high, 0)}`, "at_risk", "at_risk"), row(`≤ ${share(low, 0)}`, "meets", null), none],
  };
}

/** @param {Painter} painter @param {Object<string, number>} counts @returns {{title: string, aside: string, foot: string, rows: Row[]}} */
function floorLegend(painter, counts) {
  const { palette } = painter.view;
  const tokens = { registered: "d-reg", floating: "d-flo", let: "d-let", several: "d-mul", vacant: "d-vac", unverified: "d-unv" };
  const rows = Object.entries(tokens).map(([state, token]) => ({ label: t(state), mark: swatch(palette[token], null, palette), count: counts[state] ?? 0, step: null }));
  return { title: t("dwelling_state"), aside: "", foot: "", rows };
}

export class Legend {
  /** @param {HTMLElement} root @param {Painter} painter */
  constructor(root, painter) {
    this.root = root;
    this.painter = painter;
    /** @type {Object<string, number>|null} counts of the open building, while its floors stand apart */
    this.floors = null;
    this.drawn = "";
    painter.onPaint.add(() => this.draw());
    painter.view.map.on("zoomend", () => this.draw());
  }

  /** @param {Object<string, number>|null} counts */
  setFloors(counts) {
    this.floors = counts;
    this.draw();
  }

  draw() {
    const { painter } = this;
    if (!painter.cells) return;
    const focused = $("button:focus", this.root)?.dataset.step;
    const content = this.floors ? floorLegend(painter, this.floors) : painter.close && painter.buildings ? buildingLegend(painter) : cellLegend(painter);
    const list = el("ul", {});
    for (const row of content.rows) {
      const parts = [row.mark, row.icon ? icon(row.icon, 18, `is-${row.icon}`) : null, el("span", {}, row.label), row.count === null ? null : el("b", {}, number(row.count))];
      const node = row.step === null
        ? el("div", { class: "legend-row" }, ...parts)
        : el("button", { type: "button", class: `legend-row${painter.only !== null && painter.only !== row.step ? " is-dim" : ""}`, dataset: { step: String(row.step) }, "aria-pressed": String(painter.only === row.step), on: { click: () => painter.setOnly(painter.only === row.step ? null : row.step) } }, ...parts);
      list.append(el("li", {}, node));
    }
    this.root.replaceChildren(
      el("div", { class: "legend-head" }, el("h2", { class: "legend-title" }, content.title), el("span", {}, content.aside)), list,
      ...(content.foot ? [el("p", { class: "legend-foot" }, content.foot)] : []),
    );
    this.root.hidden = false;
    if (focused !== undefined) $(`button[data-step="${focused}"]`, this.root)?.focus();
  }
}
