/**
 * Brings the values of a date onto the map: class of every cell and building as feature state, number and count as labels.
 *
 * @typedef {import("./types.js").CellValues} CellValues
 * @typedef {import("./types.js").BuildingValues} BuildingValues
 * @typedef {import("./types.js").ViewState} ViewState
 * @typedef {import("./map-view.js").MapView} MapView
 * @typedef {{lon: number, lat: number, short: string, kind: string, label: string, dedicated: boolean}} CellPoint
 */
import { Cache, getJson } from "./api.js";
import { debounce } from "./dom.js";
import { isEnglish, number, signed, t } from "./i18n.js";
import { STATUSES, rampOf, statusColour, wantsWhite } from "./palette.js";
import { CLOSE, classColour } from "./style-data.js";

/** Kinds of dedicated cells that have a word of their own on the map. */
const DEDICATED_KINDS = ["park", "school", "office", "hospital"];

/** One cache for all maps of the page. */
const replies = new Cache((url) => getJson(url));

/** Figures have changed: what was asked for before is out of date. */
export const forgetValues = () => replies.clear();

/** @param {ViewState} state @param {import("./types.js").By} by @returns {Promise<CellValues>} */
export const cellValues = (state, by = state.by) =>
  replies.get(`/api/v1/values/cells?as_of=${state.date}&by=${by}${by === "change" ? `&base=${state.base}` : ""}`);

/** @param {ViewState} state @returns {Promise<BuildingValues>} */
export const buildingValues = (state) => replies.get(`/api/v1/values/buildings?as_of=${state.date}`);

/** @param {import("./types.js").ClassRange[]} classes @param {number|null} value @returns {number} index or -1 */
const classOf = (classes, value) =>
  value === null ? -1 : classes.findIndex((range) => (range.from === null || value >= range.from) && (range.to === null || value <= range.to));

/** Six classes of residents for buildings, by quantiles. @param {number[]} numbers @returns {import("./types.js").ClassRange[]} */
function quantileClasses(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  if (!sorted.length) return [];
  const edges = [...new Set([0, 1, 2, 3, 4, 5].map((k) => sorted[Math.floor((sorted.length * k) / 6)]))];
  return edges.map((from, k) => {
    const to = k + 1 < edges.length ? edges[k + 1] - 1 : sorted[sorted.length - 1];
    return { from, to, count: sorted.filter((n) => n >= from && n <= to).length };
  });
}

export class Painter {
  /** @param {MapView} view */
  constructor(view) {
    this.view = view;
    /** @type {Map<number, CellPoint>} */
    this.points = new Map();
    /** @type {CellValues|null} */
    this.cells = null;
    /** @type {BuildingValues|null} */
    this.buildings = null;
    /** @type {Map<number, number>} index in the value arrays by map id */
    this.cellAt = new Map();
    /** @type {Map<number, number>} */
    this.buildingAt = new Map();
    /** @type {Map<number, number>} */
    this.cellClass = new Map();
    /** @type {import("./types.js").ClassRange[]} */
    this.buildingClasses = [];
    this.buildingBy = "compliance";
    /** @type {number|null} the class singled out in the legend; -2 = dedicated */
    this.only = null;
    this.neutralBuildings = false;
    /** @type {Set<() => void>} */
    this.onPaint = new Set();
    const gather = debounce(() => this.gatherPoints(), 60);
    view.map.on("sourcedata", (event) => event.sourceId === "labels" && event.tile && gather());
    view.map.on("idle", () => this.gatherPoints());
    view.onStyle.add(() => this.paint());
  }

  /** Is the camera near enough for buildings to carry the colours? */
  get close() {
    return this.view.map.getZoom() >= (CLOSE[0] + CLOSE[1]) / 2;
  }

  /** @param {ViewState} state */
  async update(state) {
    const asked = (this.asked = `${state.date} ${state.by} ${state.base}`);
    const values = await cellValues(state);
    if (this.asked !== asked) return;
    if (this.cells?.by !== values.by) this.only = null;
    this.cells = values;
    this.cellAt = new Map(values.ids.map((id, at) => [id, at]));
    this.paint();
    const buildings = await buildingValues(state);
    if (this.asked !== asked) return;
    this.buildings = buildings;
    this.buildingAt = new Map(buildings.ids.map((id, at) => [id, at]));
    this.paintBuildings();
    this.tell();
  }

  tell() {
    for (const listener of this.onPaint) listener();
  }

  paint() {
    const { map, palette } = this.view;
    if (!this.cells || !map.getLayer("cell-fill")) return;
    const { by, ids, legend } = this.cells;
    map.setPaintProperty("cell-fill", "fill-color", classColour("c", rampOf(by, palette), palette["m-block"]));
    this.view.show(["cell-hatch-fails", "cell-hatch-at_risk", "cell-hatch-no_data"], by === "compliance");
    // Numbers without a white halo need a calmer ground.
    map.setPaintProperty("building-shade", "fill-opacity", ["interpolate", ["linear"], ["zoom"], CLOSE[0], by === "compliance" ? 1 : 0.55, CLOSE[1], 0]);
    ids.forEach((id, at) => {
      const step = by === "compliance" ? STATUSES.indexOf(/** @type {any} */ (this.cells?.statuses?.[at])) : classOf(legend.classes || [], this.cells?.values[at] ?? null);
      this.cellClass.set(id, step);
      map.setFeatureState({ source: "cells", sourceLayer: "cells", id }, { c: step, dim: this.isDim(step) });
    });
    this.paintLabels();
    this.paintBuildings();
    this.tell();
  }

  /** @param {number} step */
  isDim(step) {
    return this.only !== null && (this.only === -2 ? step !== -1 : step !== this.only);
  }

  paintBuildings() {
    const { map, palette, config } = this.view;
    if (!this.buildings || !map.getLayer("building-fill")) return;
    const by = this.cells?.by === "compliance" ? "compliance" : "population";
    const { ids, unverified_share: shares, dwellings, population } = this.buildings;
    this.buildingBy = by;
    this.buildingClasses = by === "population" ? quantileClasses(population.filter((n, at) => n !== null && dwellings[at] > 0).map(Number)) : [];
    const colour = classColour("k", rampOf(by, palette), palette["m-bld"]);
    map.setPaintProperty("building-fill", "fill-color", ["case", ["boolean", ["feature-state", "s"], false], palette.accent, colour]);
    const edges = by === "compliance" ? STATUSES.slice(0, 3).map((status) => statusColour(status, palette, "solid")) : [];
    map.setPaintProperty("building-line", "line-color", ["case", ["boolean", ["feature-state", "h"], false], palette["m-sel"], classColour("k", edges, palette["m-bld-edge"])]);
    map.setPaintProperty("building-3d", "fill-extrusion-color", ["step", ["zoom"], palette["m-bld"], CLOSE[0], ["case", ["boolean", ["feature-state", "h"], false], palette["line-2"], this.neutralBuildings ? palette["m-bld"] : colour]]);
    this.view.show(["building-hatch-fails", "building-hatch-at_risk"], by === "compliance" && map.getLayoutProperty("building-3d", "visibility") === "none");
    const [low, high] = config.unverified_classes;
    ids.forEach((id, at) => {
      const value = shares[at];
      let step = -1;
      if (by === "population") step = dwellings[at] ? classOf(this.buildingClasses, population[at]) : -1;
      else if (value !== null && dwellings[at]) step = value > high ? 2 : value > low ? 1 : 0;
      map.setFeatureState({ source: "buildings", sourceLayer: "buildings", id }, { k: step });
    });
  }

  /** In 3D with an open building its neighbours step back. @param {boolean} neutral */
  setNeutral(neutral) {
    this.neutralBuildings = neutral;
    this.paintBuildings();
  }

  /** @param {number|null} step */
  setOnly(step) {
    this.only = step;
    for (const [id, own] of this.cellClass) this.view.map.setFeatureState({ source: "cells", sourceLayer: "cells", id }, { dim: this.isDim(own) });
    this.paintLabels();
    this.tell();
  }

  /** Cells' label points come with the tiles; values come later and know no place. */
  gatherPoints() {
    const { map } = this.view;
    if (!map.getSource("labels")) return;
    const before = this.points.size;
    for (const feature of map.querySourceFeatures("labels", { sourceLayer: "cell_labels" })) {
      const id = Number(feature.id);
      if (this.points.has(id) || feature.geometry.type !== "Point") continue;
      const [lon, lat] = feature.geometry.coordinates;
      const { short, kind, kind_label: label, dedicated } = feature.properties;
      this.points.set(id, { lon, lat, short: String(short), kind: String(kind || ""), label: String(label || ""), dedicated: Boolean(dedicated) || kind === "dedicated" || DEDICATED_KINDS.includes(kind) });
    }
    if (this.points.size !== before) this.paintLabels();
  }

  /** @param {CellPoint} point @param {number} at */
  subtitle(point, at) {
    const values = /** @type {CellValues} */ (this.cells);
    if (values.by === "population") return values.values[at] === null ? "—" : number(values.values[at]);
    if (values.by === "change") return values.values[at] === null ? "" : signed(values.values[at]);
    if (point.dedicated) return DEDICATED_KINDS.includes(point.kind) ? t(point.kind) : isEnglish || !point.label ? t("dedicated_short") : point.label;
    const households = values.counts.households[at];
    return households === null ? "" : t("hh", { n: number(households) });
  }

  paintLabels() {
    const source = this.view.geojson("cell-points");
    if (!source || !this.cells) return;
    const ramp = rampOf(this.cells.by, this.view.palette);
    const features = [];
    for (const [id, point] of this.points) {
      const at = this.cellAt.get(id);
      if (at === undefined) continue;
      const step = this.cellClass.get(id) ?? -1;
      const white = this.cells.by !== "compliance" && step >= 0 && wantsWhite(ramp[step]);
      /** @type {Object<string, any>} */
      const properties = { number: point.short, sub: this.subtitle(point, at), white, black: !white && this.cells.by !== "compliance" && step >= 0, dim: this.isDim(step), rank: at };
      if (this.cells.by === "compliance" && step >= 0) properties.state = STATUSES[step];
      else if (step >= 0) properties.halo = ramp[step];
      features.push({ type: "Feature", id, geometry: { type: "Point", coordinates: [point.lon, point.lat] }, properties });
    }
    source.setData({ type: "FeatureCollection", features });
  }
}
