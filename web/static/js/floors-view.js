/**
 * 3D: extruded buildings, and the chosen one with its floors lifted apart. A custom layer lends the projection matrix, so that the
 * floor labels stand at their own height.
 *
 * @typedef {import("./map-view.js").MapView} MapView
 * @typedef {import("./floors.js").BuildingData} BuildingData
 */
import * as maplibre from "../vendor/maplibre-gl.mjs";
import { $, $$, isTyping, reducedMotion, svg } from "./dom.js";
import { t } from "./i18n.js";
import { baseOf, floorBoxes, planOf, pointOf } from "./floors.js";

/** Flat layers that would show through or under the extruded buildings. */
const FLAT = ["building-shade", "building-fill", "building-line", "building-label", "building-hatch-fails", "building-hatch-at_risk"];
const DURATION_MS = 320;
const STAGGER_MS = 12;
/** Labels of floors keep this far from the map's left edge. */
const EDGE_PX = 10;
const PITCH = 60;
const BEARING = -28;
/** Share of the window's height that the open building may take; perspective makes its top larger than its foot. */
const FILL = 0.46;

/** @param {number} x 0..1 */
const ease = (x) => 1 - (1 - x) ** 3;

export class FloorsView {
  /**
   * @param {MapView} view
   * @param {SVGSVGElement} labels
   * @param {{chooseRoom: (room: string) => void, onOpen: (data: BuildingData|null) => void}} actions
   */
  constructor(view, labels, actions) {
    this.view = view;
    this.labels = labels;
    this.actions = actions;
    /** @type {BuildingData|null} */
    this.data = null;
    /** @type {import("./floors.js").Plan|null} */
    this.plan = null;
    this.storey = 3;
    this.chosen = -1;
    this.active = false;
    this.frame = 0;
    /** @type {any} */
    this.matrix = null;
    view.onStyle.add(() => this.restore());
    view.map.on("render", () => this.data && this.drawLabels());
  }

  restore() {
    const { map } = this.view;
    if (!map.getLayer("lens")) {
      map.addLayer({ id: "lens", type: "custom", renderingMode: "3d", onAdd() {}, render: (/** @type {unknown} */ _, /** @type {any} */ args) => (this.matrix = args.defaultProjectionData.mainMatrix) });
    }
    this.view.show(["building-3d", "floor-3d"], this.active);
    this.view.show(FLAT, !this.active);
    if (this.data) {
      this.lift(this.data.map_id, true);
      this.push(() => 1);
    }
  }

  /**
   * A camera from which the whole building with its floors apart is seen: its foot stands low, its top stays below the controls.
   * @param {[number, number]} place
   * @param {BuildingData|null} data
   */
  cameraFor(place, data) {
    const { clientHeight } = this.view.map.getContainer();
    const height_m = 2 * Math.max(9, data?.height || (data?.rows.length || 4) * 3);
    const metresPerPixelAtZoom0 = (40075016.686 * Math.cos((place[1] * Math.PI) / 180)) / 512;
    const zoom = Math.log2(((clientHeight * FILL) / height_m) * metresPerPixelAtZoom0);
    return { center: place, zoom: Math.min(18.4, Math.max(16.6, zoom)), pitch: PITCH, bearing: BEARING, offset: /** @type {[number, number]} */ ([0, clientHeight * 0.27]) };
  }

  /** @param {[number, number]} place @param {BuildingData|null} data */
  lookAt(place, data) {
    this.view.map.easeTo({ ...this.cameraFor(place, data), duration: this.view.duration(2) });
  }

  /**
   * @param {boolean} active
   * @param {boolean} [move]  also turn the camera
   * @param {[number, number]|null} [place]  the building to look at
   * @param {BuildingData|null} [data]
   */
  setActive(active, move = true, place = null, data = null) {
    const { map } = this.view;
    this.active = active;
    document.body.classList.toggle("is-3d", active);
    this.view.show(["building-3d", "floor-3d"], active);
    this.view.show(FLAT, !active);
    const look = place && active ? this.cameraFor(place, data) : {};
    if (move) map.easeTo({ pitch: active ? PITCH : 0, bearing: active ? BEARING : 0, zoom: active ? Math.max(map.getZoom(), 15.8) : map.getZoom(), duration: this.view.duration(2), ...look });
    if (!active) this.close();
  }

  /** @param {number} id @param {boolean} lifted */
  lift(id, lifted) {
    this.view.map.setFeatureState({ source: "buildings", sourceLayer: "buildings", id }, { lift: lifted });
  }

  /** Open a building's floors. @param {BuildingData|null} data @param {HTMLElement} panel the drawer */
  open(data, panel) {
    if (this.data && this.data.map_id !== data?.map_id) this.close();
    const list = $("[data-floors]", panel);
    if (list) list.hidden = !(this.active && data?.rows.length);
    if (!this.active || !data || !data.rows.length || !data.geometry) return;
    const again = this.data?.map_id === data.map_id;
    this.data = data;
    this.plan = planOf(data.geometry);
    this.storey = Math.min(4, Math.max(2.6, (data.height || data.rows.length * 3) / data.rows.length));
    this.lift(data.map_id, true);
    this.wireList(panel);
    this.choose(this.chosen);
    this.actions.onOpen(data);
    if (again) return this.push(() => 1);
    return this.animate();
  }

  close() {
    cancelAnimationFrame(this.frame);
    if (!this.data) return;
    this.lift(this.data.map_id, false);
    this.data = null;
    this.chosen = -1;
    this.view.geojson("floors")?.setData({ type: "FeatureCollection", features: [] });
    this.labels.replaceChildren();
    this.actions.onOpen(null);
  }

  animate() {
    const start = performance.now();
    const count = this.data?.rows.length || 0;
    const whole = DURATION_MS + STAGGER_MS * count;
    const step = (/** @type {number} */ now) => {
      const passed = reducedMotion() ? whole : now - start;
      this.push((index) => ease(Math.min(1, Math.max(0, (passed - index * STAGGER_MS) / DURATION_MS))));
      if (passed < whole && this.data) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  /** Which side of the plan looks at the reader? */
  side() {
    const bearing = (this.view.map.getBearing() * Math.PI) / 180;
    const [ux, uy] = this.plan?.along ?? [1, 0];
    return -uy * -Math.sin(bearing) + ux * -Math.cos(bearing) > 0 ? 1 : -1;
  }

  /** @param {(index: number) => number} openOf */
  push(openOf) {
    if (!this.data || !this.plan) return;
    const c = this.view.palette;
    const colours = { registered: c["d-reg"], floating: c["d-flo"], let: c["d-let"], several: c["d-mul"], vacant: c.dark ? "#59636c" : "#ffffff", unverified: c.dark ? "#3f474f" : "#b9c0c5", slab: c.dark ? "#727b83" : "#a3abb1" };
    this.view.geojson("floors")?.setData(/** @type {any} */ (floorBoxes(this.data, this.plan, { chosen: this.chosen, storey_m: this.storey, openOf, side: this.side(), colours })));
  }

  /** @param {number} index of the floor, 0 = lowest; -1 = none */
  choose(index) {
    this.chosen = index;
    const floor = this.data?.rows[index]?.floor;
    for (const row of $$("[data-floors] [data-floor]")) {
      row.setAttribute("aria-selected", String(Number(row.dataset.floor) === floor));
      if (Number(row.dataset.floor) === floor) row.scrollIntoView({ block: "nearest" });
    }
    this.push(() => 1);
  }

  /** @param {{properties: Object<string, any>}} hit */
  pick({ properties }) {
    if (properties.index !== this.chosen) this.choose(properties.index);
    else if (properties.room) this.actions.chooseRoom(properties.room);
  }

  /** Up and down through the floors. @param {KeyboardEvent} event @returns {boolean} handled */
  key(event) {
    if (!this.data || isTyping(event.target)) return false;
    if (event.key === "Escape" && this.chosen >= 0) return (this.choose(-1), true);
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!step || /** @type {HTMLElement} */ (event.target).closest?.(".matrix, .maplibregl-canvas, [role=slider]")) return false;
    this.choose(Math.max(0, Math.min(this.data.rows.length - 1, this.chosen + step)));
    return true;
  }

  /** @param {HTMLElement} panel */
  wireList(panel) {
    const list = $(".floor-list", panel);
    if (!list || list.dataset.wired) return;
    list.dataset.wired = "1";
    list.addEventListener("click", (event) => {
      const row = /** @type {HTMLElement} */ (event.target).closest("[data-floor]");
      if (row instanceof HTMLElement) this.choose((this.data?.rows || []).findIndex((floor) => floor.floor === Number(row.dataset.floor)));
    });
  }

  /** Screen place of a point at a height. @param {[number, number]} place @param {number} height_m */
  project(place, height_m) {
    const { x, y, z } = maplibre.MercatorCoordinate.fromLngLat(place, height_m);
    const m = this.matrix;
    const w = m[3] * x + m[7] * y + m[11] * z + m[15];
    if (w <= 0) return null;
    const { clientWidth, clientHeight } = this.view.map.getContainer();
    return { x: (((m[0] * x + m[4] * y + m[8] * z + m[12]) / w + 1) / 2) * clientWidth, y: ((1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w) / 2) * clientHeight };
  }

  drawLabels() {
    const { plan, data } = this;
    if (!this.matrix || !data || !plan) return;
    const { rows } = data;
    const [half, deep] = [plan.length / 2, plan.depth / 2];
    /** @type {SVGElement[]} */
    const marks = [];
    rows.forEach((floor, index) => {
      const chosen = index === this.chosen;
      if (!chosen && floor.floor % 3 !== 0 && index !== 0) return;
      if (!chosen && this.chosen >= 0 && Math.abs(index - this.chosen) < 2) return;
      const height = baseOf(index, this.chosen, this.storey, 1) + 1;
      const corners = [[-half, -deep], [half, -deep], [half, deep], [-half, deep]].map(([u, v]) => this.project(pointOf(plan, u, v + (chosen ? this.side() * plan.depth * 0.66 : 0)), height));
      const left = corners.flatMap((corner) => corner ?? []).sort((a, b) => a.x - b.x)[0];
      if (!left) return;
      const rooms = floor.rooms.filter(Boolean).length;
      const parts = [t("floor_short", { n: floor.label })];
      if (chosen) parts.push(t("dwellings_n", { n: rooms }), ...(floor.people === null ? [] : [t("persons", { n: floor.people })]), ...(floor.unverified ? [t("unverified_n", { n: floor.unverified })] : []));
      const reach = chosen ? 26 : 18;
      marks.push(svg("g", { class: chosen ? "is-chosen" : "" }, svg("path", { d: `M${left.x - 4} ${left.y}h${-reach}` }), svg("text", { x: left.x - reach - 10, y: left.y + 4 }, parts.join(" · "))));
    });
    this.labels.replaceChildren(...marks);
    for (const text of /** @type {NodeListOf<SVGTextElement>} */ (this.labels.querySelectorAll("text"))) {
      const hidden = text.getComputedTextLength() + EDGE_PX - Number(text.getAttribute("x"));
      if (hidden > 0) text.setAttribute("x", String(Number(text.getAttribute("x")) + hidden));
    }
  }
}
