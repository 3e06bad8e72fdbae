/**
 * The quiet ground of the map and its labels, as a MapLibre style. No glyphs are given: text is drawn from the reader's own fonts.
 * Colours that carry data are in style-data.js.
 *
 * @typedef {import("./types.js").Palette} Palette
 * @typedef {import("./types.js").MapConfig} MapConfig
 */
import { reducedMotion } from "./dom.js";
import { isEnglish } from "./i18n.js";
import { dataLayers, extrusionLayers } from "./style-data.js";

/** The weight is read from the first name only, so a bold stack begins with a name that ends in "Bold". */
const FAMILIES = ["Segoe UI Variable Text", "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei UI", "Noto Sans CJK SC", "sans-serif"];
export const REGULAR = FAMILIES;
export const BOLD = ["gridmap Bold", ...FAMILIES];

/** Ground resolution: pixels a metre covers at zoom 0, at the latitude of the site. */
const pixelsPerMetre = (/** @type {number} */ latitude) => 512 / (40075016.686 * Math.cos((latitude * Math.PI) / 180));

/**
 * A line width that keeps its size on the ground.
 * @param {any} metres       expression or number
 * @param {number} latitude  degrees
 * @param {number} [extra]   pixels added at every zoom
 */
const groundWidth = (metres, latitude, extra = 0) => {
  const at = (/** @type {number} */ zoom) => ["+", extra, ["*", metres, pixelsPerMetre(latitude) * 2 ** zoom]];
  return ["interpolate", ["exponential", 2], ["zoom"], 10, at(10), 20, at(20)];
};

/** @param {Palette} c @param {number} latitude */
function groundLayers(c, latitude) {
  const kind = (/** @type {string} */ name) => ["==", ["get", "kind"], name];
  const outside = ["boolean", ["get", "outside"], false];
  const road = ["all", kind("road"), ["==", ["geometry-type"], "LineString"]];
  const width = ["coalesce", ["get", "width"], 9];
  // A layer of a tile holds one kind of geometry: polygons, centre lines of roads, single trees.
  const base = { source: "ground", "source-layer": "ground" };
  const lines = { source: "ground", "source-layer": "roads" };
  const points = { source: "ground", "source-layer": "trees" };
  return [
    { id: "land", type: "background", paint: { "background-color": c["m-land"] } },
    { id: "block", type: "fill", ...base, filter: kind("block"), paint: { "fill-color": ["case", outside, c["m-out"], c["m-block"]], "fill-antialias": true } },
    { id: "green", type: "fill", ...base, filter: kind("green"), paint: { "fill-color": c["m-green"], "fill-opacity": ["case", outside, 0.6, 1] } },
    { id: "water", type: "fill", ...base, filter: kind("water"), paint: { "fill-color": c["m-water"] } },
    { id: "pitch", type: "fill", ...base, filter: kind("pitch"), paint: { "fill-color": c["m-pitch"] } },
    { id: "fabric", type: "fill", ...base, minzoom: 13, filter: kind("building"), paint: { "fill-color": c["m-bld-out"] } },
    { id: "tree", type: "fill", ...base, minzoom: 15, filter: ["all", kind("tree"), ["==", ["geometry-type"], "Polygon"]], paint: { "fill-color": c["m-tree"] } },
    { id: "tree-point", type: "circle", ...points, minzoom: 15, filter: ["all", kind("tree"), ["==", ["geometry-type"], "Point"]],
      paint: { "circle-color": c["m-tree"], "circle-radius": ["interpolate", ["exponential", 2], ["zoom"], 15, 1.2, 19, 16], "circle-pitch-alignment": "map" } },
    { id: "road-edge", type: "line", ...lines, minzoom: 14, filter: road, layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": c["m-road-edge"], "line-width": groundWidth(width, latitude, 1.4), "line-opacity": ["interpolate", ["linear"], ["zoom"], 14, 0, 15.5, 1] } },
    { id: "road-area", type: "fill", ...base, filter: ["all", kind("road"), ["==", ["geometry-type"], "Polygon"]], paint: { "fill-color": c["m-road"] } },
    { id: "road", type: "line", ...lines, filter: road, layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c["m-road"], "line-width": groundWidth(width, latitude), "line-opacity": ["interpolate", ["linear"], ["zoom"], 13, 0.45, 15, 0.6, 16.4, 1] } },
  ];
}

/** @param {Palette} c */
function labelLayers(c) {
  const halo = { "text-halo-color": c["m-halo"], "text-halo-width": 1.6 };
  const from = (/** @type {string} */ layer) => ({ source: "labels", "source-layer": layer });
  return [
    { id: "road-label", type: "symbol", ...from("road_labels"), minzoom: 14.6,
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": REGULAR, "text-size": 12, "symbol-spacing": 420, "text-max-angle": 30, "text-letter-spacing": 0.06, "text-pitch-alignment": "viewport" },
      paint: { "text-color": c["ink-3"], ...halo, "text-opacity": ["interpolate", ["linear"], ["zoom"], 14.6, 0, 14.9, 1] } },
    { id: "building-label", type: "symbol", ...from("building_labels"), minzoom: 16.2,
      layout: { "text-field": ["get", "label"], "text-font": REGULAR, "text-size": ["interpolate", ["linear"], ["zoom"], 16.2, 10.5, 18, 13], "text-padding": 1 },
      paint: { "text-color": c["m-label"], ...halo, "text-halo-width": 1.3 } },
    { id: "cell-label", type: "symbol", source: "cell-points", minzoom: 13.6, maxzoom: 16.6,
      layout: {
        "icon-image": ["case", ["has", "state"], ["concat", "state-", ["get", "state"]], ""],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 13.6, 0.7, 14.6, 0.86, 16, 1],
        "icon-offset": [0, -17], "icon-allow-overlap": ["step", ["zoom"], false, 14.3, true], "icon-ignore-placement": true, "icon-padding": 0,
        "text-field": ["format", ["get", "number"], { "font-scale": 1, "text-font": ["literal", BOLD] }, "\n", {}, ["get", "sub"], { "font-scale": 0.8, "text-font": ["literal", REGULAR] }],
        "text-font": BOLD, "text-size": ["interpolate", ["linear"], ["zoom"], 13.6, 10.5, 14.4, 14, 16, 17], "text-line-height": 1.05, "text-optional": false,
        "text-offset": ["case", ["has", "state"], ["literal", [0, 0.55]], ["literal", [0, 0]]], "text-padding": 0, "symbol-sort-key": ["get", "rank"],
        "text-allow-overlap": ["step", ["zoom"], false, 14.3, true],
      },
      paint: {
        "text-color": ["case", ["get", "white"], "#ffffff", ["get", "black"], "#0c1418", c["m-label"]],
        // On a class colour the halo is that colour, so that a lane under a number does not cut it.
        "text-halo-color": ["to-color", ["get", "halo"], c["m-halo"]],
        "text-halo-width": ["case", ["has", "halo"], 2.6, 1.4],
        "text-opacity": ["interpolate", ["linear"], ["zoom"], 16.2, ["case", ["get", "dim"], 0.25, 1], 16.6, 0],
        "icon-opacity": ["interpolate", ["linear"], ["zoom"], 16.2, ["case", ["get", "dim"], 0.2, 1], 16.6, 0],
      } },
    { id: "area-label", type: "symbol", ...from("area_labels"), minzoom: 11, maxzoom: 17, filter: ["==", ["get", "level"], "community"],
      layout: { "text-field": isEnglish ? ["coalesce", ["get", "name_en"], ["get", "name"]] : ["get", "name"], "text-font": BOLD, "text-size": ["interpolate", ["linear"], ["zoom"], 12, 10, 14, 11, 15, 12.5], "icon-image": "zone-tab", "icon-text-fit": "both", "icon-text-fit-padding": [1, 3, 1, 3],
        "text-anchor": "left", "text-offset": [0.5, 0], "text-allow-overlap": true, "icon-allow-overlap": true, "text-ignore-placement": false },
      paint: { "text-color": c["m-zone-ink"] } },
  ];
}

/**
 * The whole style.
 * @param {MapConfig} config
 * @param {Palette} palette
 * @returns {any}
 */
export function buildStyle(config, palette) {
  const latitude = (config.bounds[1] + config.bounds[3]) / 2;
  const absolute = (/** @type {string} */ url) => new URL(url, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
  const vector = (/** @type {string} */ name) => ({ type: "vector", tiles: [absolute(config.layers[name].url)], minzoom: config.layers[name].minzoom, maxzoom: config.layers[name].maxzoom });
  const empty = { type: "geojson", data: { type: "FeatureCollection", features: [] } };
  const ground = groundLayers(palette, latitude);
  // Roads lie over the coloured cells, so that the fabric of streets stays readable through the choropleth.
  const [roadsBelow, roadsAbove] = [ground.filter((layer) => !layer.id.startsWith("road")), ground.filter((layer) => layer.id.startsWith("road"))];
  const data = dataLayers(palette);
  return {
    version: 8,
    transition: { duration: reducedMotion() ? 0 : 180, delay: 0 },
    sources: {
      ground: vector("ground"), cells: vector("cells"), areas: vector("areas"), buildings: vector("buildings"), labels: vector("labels"),
      "cell-points": empty, floors: empty,
    },
    light: { anchor: "viewport", position: [1.4, 215, 38], color: "#ffffff", intensity: palette.dark ? 0.25 : 0.38 },
    layers: [...roadsBelow, ...data.below, ...roadsAbove, ...data.above, ...extrusionLayers(palette), ...labelLayers(palette)],
  };
}
