/**
 * Hover and click on the map: outline at once, a card after 120 ms (counts only, never a person), selection on click.
 *
 * @typedef {import("./painter.js").Painter} Painter
 * @typedef {{kind: "cell"|"building"|"floor"|"area", id: number, properties: Object<string, any>}} Hit
 */
import { el } from "./dom.js";
import { isEnglish, number, signed, t } from "./i18n.js";
import { featureRef } from "./map-view.js";
import { STATUSES } from "./palette.js";

const CARD_DELAY_MS = 120;

export class Pointer {
  /**
   * @param {Painter} painter
   * @param {HTMLElement} card
   * @param {{pick: (hit: Hit) => void, miss: () => void}} actions
   */
  constructor(painter, card, actions) {
    this.painter = painter;
    this.card = card;
    this.actions = actions;
    /** @type {import("./map-view.js").FeatureRef|null} */
    this.hovered = null;
    this.timer = 0;
    const { map } = painter.view;
    map.on("mousemove", (event) => this.move(event));
    map.on("mouseout", () => this.leave());
    map.on("movestart", () => this.leave());
    map.on("click", (event) => {
      const hit = this.at(event.point);
      if (hit) actions.pick(hit);
      else actions.miss();
    });
  }

  /** @param {{x: number, y: number}} point @returns {Hit|null} */
  at(point) {
    const { map } = this.painter.view;
    const layers = ["floor-3d", "building-3d", "building-fill", "cell-fill"].filter((layer) => {
      if (!map.getLayer(layer) || map.getLayoutProperty(layer, "visibility") === "none") return false;
      return layer !== "building-fill" || this.painter.close;
    });
    const [feature] = map.queryRenderedFeatures([point.x, point.y], { layers });
    if (!feature) return null;
    const kind = feature.layer.id === "floor-3d" ? "floor" : feature.layer.id.startsWith("building") ? "building" : "cell";
    return { kind, id: Number(feature.id), properties: feature.properties };
  }

  /** @param {any} event */
  move(event) {
    const { map } = this.painter.view;
    const hit = this.at(event.point);
    map.getCanvas().style.cursor = hit ? "pointer" : "";
    this.card.style.setProperty("transform", this.place(event.point));
    const ref = hit && hit.kind !== "floor" ? featureRef(/** @type {any} */ (hit.kind), hit.id) : null;
    if (ref?.id === this.hovered?.id && ref?.source === this.hovered?.source) return;
    this.leave();
    if (!ref || !hit) return;
    this.hovered = ref;
    map.setFeatureState(ref, { h: true });
    this.timer = window.setTimeout(() => this.show(hit), CARD_DELAY_MS);
  }

  /** @param {{x: number, y: number}} point */
  place(point) {
    const { clientWidth, clientHeight } = this.painter.view.map.getContainer();
    const { offsetWidth: width, offsetHeight: height } = this.card;
    const x = point.x + 18 + width > clientWidth ? point.x - width - 14 : point.x + 18;
    const y = point.y + 18 + height > clientHeight ? point.y - height - 12 : point.y + 14;
    return `translate(${Math.max(4, x)}px, ${Math.max(4, y)}px)`;
  }

  leave() {
    clearTimeout(this.timer);
    this.card.hidden = true;
    if (this.hovered) this.painter.view.map.setFeatureState(this.hovered, { h: false });
    this.hovered = null;
  }

  /** @param {Hit} hit */
  show(hit) {
    const lines = hit.kind === "building" ? this.buildingLines(hit) : this.cellLines(hit);
    this.card.replaceChildren(el("strong", {}, String((isEnglish && hit.properties.name_en) || hit.properties.name || hit.properties.label || "")), ...lines.filter(Boolean).map((line) => el("span", {}, line)));
    this.card.hidden = false;
  }

  /** @param {Hit} hit */
  buildingLines(hit) {
    const { buildings, buildingAt } = this.painter;
    const at = buildingAt.get(hit.id);
    const floors = hit.properties.floors ? t("floors_n", { n: hit.properties.floors }) : "";
    if (!buildings || at === undefined) return [floors];
    if (!buildings.dwellings[at]) return [[floors, t("no_dwellings")].filter(Boolean).join(" · ")];
    const parts = [floors, t("dwellings_n", { n: number(buildings.dwellings[at]) })];
    if (buildings.population[at] !== null) parts.push(t("persons", { n: number(buildings.population[at]) }));
    return [parts.filter(Boolean).join(" · "), buildings.unverified[at] ? t("unverified_n", { n: number(buildings.unverified[at]) }) : ""];
  }

  /** @param {Hit} hit */
  cellLines(hit) {
    const { cells, cellAt, cellClass } = this.painter;
    const at = cellAt.get(hit.id);
    if (!cells || at === undefined) return [t("no_value")];
    const { households, population } = cells.counts;
    if (population[at] === null) return [t("no_value")];
    const counts = `${t("persons", { n: number(population[at]) })} · ${t("households", { n: number(households[at]) })}`;
    if (cells.by === "change") return [counts, cells.values[at] === null ? "" : `${t("change")} ${signed(cells.values[at])}`];
    const status = cells.by === "compliance" ? STATUSES[cellClass.get(hit.id) ?? -1] : null;
    const failing = cells.failing?.[at];
    return [counts, status ? t(status) + (status === "fails" && failing ? ` · ${t("failing_n", { n: failing })}` : "") : ""];
  }
}
