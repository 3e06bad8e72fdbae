/**
 * The drawn map: its style, what is selected and hovered, camera. It knows nothing of the address bar or the drawer.
 *
 * @typedef {import("./types.js").MapConfig} MapConfig
 * @typedef {{source: string, sourceLayer: string, id: number}} FeatureRef
 */
import * as maplibre from "../vendor/maplibre-gl.mjs";
import { isPhone, reducedMotion } from "./dom.js";
import { t } from "./i18n.js";
import { readPalette } from "./palette.js";
import { addImages } from "./patterns.js";
import { buildStyle } from "./style.js";

/** Can this browser draw the map at all? */
export function hasWebGl2() {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return Boolean(context);
}

/** @param {"area"|"cell"|"building"} kind @param {number} id @returns {FeatureRef} */
export const featureRef = (kind, id) => {
  const layer = kind === "building" ? "buildings" : kind === "cell" ? "cells" : "areas";
  return { source: layer, sourceLayer: layer, id };
};

export class MapView {
  /**
   * @param {HTMLElement} container
   * @param {MapConfig} config
   * @param {{passive?: boolean, camera?: object}} [options]  passive: no interaction (the second map of a comparison)
   */
  constructor(container, config, options = {}) {
    this.config = config;
    this.container = container;
    this.palette = readPalette();
    /** @type {Set<() => void>} */
    this.onStyle = new Set();
    /** @type {Map<string, FeatureRef>} */
    this.marked = new Map();
    this.map = new maplibre.Map({
      container,
      style: buildStyle(config, this.palette),
      hash: options.passive ? false : true,
      attributionControl: false,
      interactive: !options.passive,
      minZoom: 9,
      maxZoom: 20,
      maxPitch: 70,
      dragRotate: true,
      fadeDuration: reducedMotion() ? 0 : 180,
      locale: { "Map.Title": t("map_label") },
      ...(options.camera || (/^#[\d.]+\/[\d.-]+\/[\d.-]+/.test(location.hash) ? {} : { bounds: config.bounds, fitBoundsOptions: { padding: this.padding() } })),
    });
    this.map.on("style.load", () => {
      addImages(this.map, this.palette);
      for (const ref of this.marked.values()) this.map.setFeatureState(ref, { s: true });
      for (const listener of this.onStyle) listener();
    });
  }

  /** Free space that nothing floats over. */
  padding() {
    if (isPhone()) return { left: 20, right: 20, top: 76, bottom: window.innerHeight * 0.52 + 14 };
    // Beside the legend, above the time bar; on a small window the map matters more than what the legend covers.
    return { left: Math.min(220, this.container.clientWidth * 0.23), right: 40, top: 76, bottom: 96 };
  }

  /** Read the style sheet's colours anew (theme changed) and rebuild. */
  restyle() {
    this.palette = readPalette();
    this.map.setStyle(buildStyle(this.config, this.palette), { diff: false });
  }

  /**
   * Mark a feature as selected under a name; one feature a name.
   * @param {string} name
   * @param {FeatureRef|null} ref
   */
  mark(name, ref) {
    const old = this.marked.get(name);
    if (old && ref && old.id === ref.id && old.source === ref.source) return;
    if (old) this.map.setFeatureState(old, { s: false });
    this.marked.delete(name);
    if (ref) {
      this.marked.set(name, ref);
      if (this.map.style?.loaded?.() || this.map.getSource(ref.source)) this.map.setFeatureState(ref, { s: true });
    }
  }

  /** @param {string} source @returns {import("../vendor/maplibre-gl.mjs").GeoJSONSource|undefined} */
  geojson(source) {
    return /** @type {any} */ (this.map.getSource(source));
  }

  /** @param {[number, number, number, number]} bounds @param {{maxZoom?: number}} [options] */
  fit(bounds, options = {}) {
    this.map.fitBounds(bounds, { padding: this.padding(), maxZoom: options.maxZoom ?? 17.4, duration: this.duration(), bearing: this.map.getBearing(), pitch: this.map.getPitch() });
  }

  /** @param {number} lon @param {number} lat @param {number} [zoom] at least this near */
  flyTo(lon, lat, zoom = 17.3) {
    // A sheet covers the lower half of a phone.
    const down = isPhone() ? -window.innerHeight * 0.2 : 0;
    this.map.easeTo({ center: [lon, lat], zoom: Math.max(zoom, Math.min(this.map.getZoom(), 18.5)), offset: [0, down], duration: this.duration(2) });
  }

  /** Does the point stand in the part of the map that nothing covers? @param {number} lon @param {number} lat */
  sees(lon, lat) {
    const { x, y } = this.map.project([lon, lat]);
    const { clientWidth, clientHeight } = this.map.getContainer();
    return x > 40 && y > 60 && x < clientWidth - 40 && y < (isPhone() ? clientHeight * 0.45 : clientHeight - 60);
  }

  /** Camera movements take the slow step of the tokens, or none. @param {number} [times] */
  duration(times = 1) {
    return reducedMotion() ? 0 : 320 * times;
  }

  /** @param {string[]} layers @param {boolean} shown */
  show(layers, shown) {
    for (const layer of layers) if (this.map.getLayer(layer)) this.map.setLayoutProperty(layer, "visibility", shown ? "visible" : "none");
  }
}
