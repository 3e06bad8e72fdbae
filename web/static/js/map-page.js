/**
 * The map page: joins the address (State), the map (MapView, Painter, FloorsView, Compare) and the drawer.
 *
 * @typedef {import("./types.js").MapConfig} MapConfig
 * @typedef {import("./types.js").ViewState} ViewState
 */
import { getHtml } from "./api.js";
import { addCameraButtons, addScale } from "./camera.js";
import { Compare } from "./compare.js";
import { shiftMonths, wireDate } from "./date-control.js";
import { $, $$, isPhone, isTyping, readJson, toast } from "./dom.js";
import { Drawer } from "./drawer.js";
import { FloorsView } from "./floors-view.js";
import { Pointer } from "./hover.js";
import { t } from "./i18n.js";
import { Legend } from "./legend.js";
import { MapView, featureRef, hasWebGl2 } from "./map-view.js";
import { openRoom } from "./matrix.js";
import { Painter, forgetValues } from "./painter.js";
import { wirePrint } from "./print.js";
import { wireSearch } from "./search.js";
import { wireSheet } from "./sheet.js";
import { State } from "./state.js";
import { TimeBar } from "./timebar.js";

const node = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} attribute "by" or "mode" @param {string} value */
function check(attribute, value) {
  for (const button of $$(`#${attribute} [role=radio]`)) {
    button.setAttribute("aria-checked", String(button.dataset[attribute] === value));
    button.tabIndex = button.dataset[attribute] === value ? 0 : -1;
  }
}

/** @param {State} state */
function wireControls(state) {
  for (const attribute of ["by", "mode"]) {
    const group = node(attribute);
    group.addEventListener("click", (event) => {
      const value = /** @type {HTMLElement} */ (event.target).closest("button")?.dataset[attribute];
      if (value) state.set(/** @type {any} */ ({ [attribute]: value }));
    });
    group.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const buttons = $$("[role=radio]", group);
      const next = buttons[(buttons.findIndex((button) => button.getAttribute("aria-checked") === "true") + step + buttons.length) % buttons.length];
      next.click();
      next.focus();
    });
  }
  const layers = node("layers-button");
  layers.addEventListener("click", () => layers.setAttribute("aria-expanded", String(node("controls").classList.toggle("is-open"))));
}

/** Show the still map and the table in place of the interactive one. @param {State} state @param {Drawer} drawer */
async function goStill(state, drawer) {
  document.body.classList.add("is-still");
  const load = async () => {
    node("map").innerHTML = await getHtml(`/fragments/fallback-map?as_of=${state.now.date}&by=${state.now.by}`);
    node("map").dataset.state = "still";
  };
  node("map").addEventListener("click", (event) => drawer.click(/** @type {MouseEvent} */ (event)));
  state.listen((now, changed) => {
    if (changed.has("date") || changed.has("by")) load();
    drawer.show(now);
  });
  document.addEventListener("gridmap:changed", () => {
    load();
    drawer.show(state.now, true);
  });
  node("map-veil").classList.add("is-gone");
  await load();
}

class MapPage {
  /** @param {MapConfig} config */
  constructor(config) {
    this.state = new State(config);
    this.drawer = new Drawer(node("drawer"), this.state, (shown) => this.follow(shown));
    this.sheet = wireSheet(node("drawer"), node("grabber"));
    wireControls(this.state);
    const popover = node("date-control").dataset;
    wireDate(node("date-control"), this.state, /** @type {any} */ ({ today: popover.today, month: popover.month, quarter: popover.quarter, year: popover.year }));
    wireSearch(/** @type {HTMLFormElement} */ (node("search")), (hit) => this.openHit(hit));
    document.addEventListener("keydown", (event) => this.key(event));
    this.mirror(this.state.now);
    /** What the camera was last brought to; a camera in the address is the reader's own and stays. */
    this.brought = location.hash.split("/").length > 2 ? this.state.now.sel?.id : "";
  }

  start() {
    if (!this.drawer.adopt() || this.state.now.sel || this.state.now.by === "change" || this.state.now.date !== this.state.config.as_of) this.drawer.show(this.state.now);
    if (!hasWebGl2()) return goStill(this.state, this.drawer);
    const { state } = this;
    this.view = new MapView(node("map"), state.config);
    this.painter = new Painter(this.view);
    this.legend = new Legend(node("legend"), this.painter);
    this.floors = new FloorsView(this.view, /** @type {any} */ (node("floor-labels")), {
      chooseRoom: (room) => state.set({ room }),
      onOpen: (data) => this.onFloors(data),
    });
    this.pointer = new Pointer(this.painter, node("hover-card"), { pick: (hit) => this.pick(hit), miss: () => undefined });
    this.compare = new Compare(this.view, state);
    this.timebar = new TimeBar(node("timebar"), state);
    addScale(this.view, node("scale"));
    addCameraButtons(this.view);
    wirePrint(this.view, state);
    this.view.onStyle.add(() => this.afterStyle());
    this.view.map.on("render", () => (node("map").dataset.state = "drawing"));
    this.view.map.on("idle", () => (node("map").dataset.state = "ready"));
    this.view.map.once("idle", () => performance.mark("gridmap:map-ready"));
    state.listen((now, changed) => this.update(now, changed));
    document.addEventListener("gridmap:theme", () => requestAnimationFrame(() => (this.view?.restyle(), this.compare?.restyle())));
    document.addEventListener("gridmap:changed", () => this.changed());
    this.paint(state.now);
    this.timebar.update();
    this.compare.update(state.now);
    return undefined;
  }

  afterStyle() {
    node("map-veil").classList.add("is-gone");
    if (this.state.now.mode === "3d" && !this.floors?.active) this.floors?.setActive(true, !/^#.*\/.*\/.*\/.*\/[1-9]/.test(location.hash));
    if (this.shown) this.follow(this.shown);
  }

  /** Records were changed from this page: figures, curve and drawer are asked for again. */
  changed() {
    forgetValues();
    this.timebar?.forget();
    this.paint(this.state.now);
    this.drawer.show(this.state.now, true);
  }

  /** @param {ViewState} now */
  paint(now) {
    // Left of the divider stand the residents of A; the right half has its own map.
    const look = now.compare ? { ...now, by: /** @type {"population"} */ ("population"), date: now.base } : now;
    this.painter?.update(look).catch(() => toast(t("offline"), { label: t("try_again"), run: () => this.paint(this.state.now) }));
  }

  /** @param {ViewState} now */
  mirror(now) {
    check("by", now.by);
    check("mode", now.mode);
    if (now.sel) document.body.classList.remove("is-closed");
  }

  /** @param {ViewState} now @param {Set<string>} changed */
  update(now, changed) {
    this.mirror(now);
    if (["date", "by", "base", "compare"].some((key) => changed.has(key))) this.paint(now);
    if (changed.has("mode")) {
      const { lon, lat } = this.shown ?? {};
      this.floors?.setActive(now.mode === "3d", true, lon && lat ? [lon, lat] : null, this.drawer.buildingData());
      if (now.mode === "3d") this.floors?.open(this.drawer.buildingData(), node("drawer"));
      else if ($("[data-floors]")) this.floors?.open(null, node("drawer"));
      this.painter?.paintBuildings();
    }
    if (["date", "base", "compare", "by", "split"].some((key) => changed.has(key))) this.compare?.update(now);
    if (["date", "base", "by", "sel", "compare"].some((key) => changed.has(key))) this.timebar?.update();
    this.updateDrawer(now, changed);
  }

  /** @param {ViewState} now @param {Set<string>} changed */
  updateDrawer(now, changed) {
    const only = (/** @type {string} */ key) => changed.size === 1 && changed.has(key);
    if (only("room") && now.room) this.drawer.showRoom(now);
    else if (only("room")) (openRoom(node("drawer"), ""), (this.drawer.shownUrl = this.drawer.url(now)), $("#dwelling")?.replaceChildren());
    else if (["date", "base", "by", "sel", "room"].some((key) => changed.has(key))) this.drawer.show(now);
    if (changed.has("sel") && isPhone()) this.sheet.open();
  }

  /** The map follows what the drawer shows. @param {import("./drawer.js").Shown} shown */
  follow(shown) {
    this.shown = shown;
    if (!this.view) return;
    const { view } = this;
    const level = shown.kind === "building" ? "building" : shown.level === "cell" ? "cell" : "area";
    const home = shown.id === this.state.config.home.id;
    /** @type {Object<string, import("./map-view.js").FeatureRef|null>} */
    const marks = { building: null, cell: null, area: null };
    if (["area", "building"].includes(shown.kind) && !home && shown.mapId) marks[level] = featureRef(/** @type {any} */ (level), shown.mapId);
    if (shown.kind === "building") marks.cell = this.cellRef(this.drawer.parentArea());
    for (const [name, ref] of Object.entries(marks)) view.mark(name, ref);
    if (shown.kind === "building" && !marks.cell) view.map.once("idle", () => this.shown === shown && view.mark("cell", this.cellRef(this.drawer.parentArea())));
    if (shown.name) Drawer.announce(t("selected", { name: shown.name }));
    if (shown.name) document.title = `${shown.name} · gridmap`;
    this.bring(shown, level, home);
    if (this.floors?.active) this.floors.open(shown.kind === "building" ? this.drawer.buildingData() : null, node("drawer"));
  }

  /** Move the camera only when the chosen thing is out of sight or too small to see. @param {import("./drawer.js").Shown} shown @param {string} level @param {boolean} home */
  bring(shown, level, home) {
    if (!this.view || home || this.brought === shown.id) return;
    this.brought = shown.id;
    const zoom = this.view.map.getZoom();
    if (level === "building" && shown.lon !== null && shown.lat !== null) {
      if (this.floors?.active) this.floors.lookAt([shown.lon, shown.lat], this.drawer.buildingData());
      else if (zoom < 16.2 || !this.view.sees(shown.lon, shown.lat)) this.view.flyTo(shown.lon, shown.lat);
    } else if (shown.bounds) {
      const [west, south, east, north] = shown.bounds;
      const centre = [(west + east) / 2, (south + north) / 2];
      const small = isPhone() && level === "cell" && zoom < 14.6;
      if (small || !this.view.sees(centre[0], centre[1]) || zoom < 13 || (level !== "cell" && zoom > 16)) this.view.fit(shown.bounds, { maxZoom: level === "cell" ? 15.8 : 16 });
    }
  }

  /** @param {string} uid */
  cellRef(uid) {
    const [feature] = uid ? this.view?.map.querySourceFeatures("cells", { sourceLayer: "cells", filter: ["==", ["get", "uid"], uid] }) ?? [] : [];
    return feature ? featureRef("cell", Number(feature.id)) : null;
  }

  /** @param {import("./hover.js").Hit} hit */
  pick(hit) {
    if (hit.kind === "floor") return this.floors?.pick(hit);
    const { uid, region } = hit.properties;
    this.brought = uid;
    document.body.classList.remove("is-closed");
    return this.state.set({ sel: { kind: hit.kind === "building" ? "building" : "area", region: String(region ?? this.state.config.home.region ?? 0), id: String(uid) } });
  }

  /** @param {import("./floors.js").BuildingData|null} data */
  onFloors(data) {
    if (!data) return (this.legend?.setFloors(null), this.painter?.setNeutral(false));
    /** @type {Object<string, number>} */
    const counts = {};
    for (const room of data.rows.flatMap((floor) => floor.rooms)) if (room) counts[room.state] = (counts[room.state] || 0) + 1;
    this.legend?.setFloors(counts);
    return this.painter?.setNeutral(true);
  }

  /** A search result. @param {DOMStringMap} hit */
  openHit(hit) {
    const { select = "", id = "", region = "", lon, lat, zoom } = hit;
    if (lon && lat) this.view?.flyTo(Number(lon), Number(lat), Number(zoom) || 17);
    this.brought = id;
    if (select === "area" || select === "building") this.state.set({ sel: { kind: select, region, id } });
    else if (select === "dwelling" && hit.building) this.state.set({ sel: { kind: "building", region, id: hit.building }, room: id });
    else if (select === "organisation" && hit.building) this.state.set({ sel: { kind: "building", region, id: hit.building } });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return (event.preventDefault(), node("q").focus());
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return undefined;
    if (this.floors?.key(event)) return event.preventDefault();
    const { now, config } = this.state;
    switch (event.key) {
      case "/": return (event.preventDefault(), node("q").focus());
      case "[": return this.state.set({ date: shiftMonths(now.date, -1, config.dates) });
      case "]": return this.state.set({ date: shiftMonths(now.date, 1, config.dates) });
      case "3": return this.state.set({ mode: now.mode === "3d" ? "2d" : "3d" });
      case "c": return this.state.set(now.compare ? { compare: false } : { by: "change", compare: true });
      case "0": return this.view?.fit(config.bounds);
      case "Escape": return this.drawer.up();
      default: return undefined;
    }
  }
}

const config = /** @type {MapConfig} */ (readJson("map-config"));
document.body.classList.toggle("is-empty", !config.has_cells);
new MapPage(config).start();
