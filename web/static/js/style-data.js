/**
 * Layers whose look follows the values: cells, hatches, buildings, outlines, 3D. Colours come from feature state, so a new date or
 * measure repaints without fetching a tile. `fill-pattern` takes no feature state: hatches are one layer a class, switched by opacity.
 *
 * Feature state: c = class index of a cell, k = class index of a building, dim = another class is singled out, h = hover, s = selected,
 * lift = the building stands open in 3D.
 *
 * @typedef {import("./types.js").Palette} Palette
 */

/** Cells fade out and buildings take over between these zooms. */
export const CLOSE = [15.9, 16.5];

const flag = (/** @type {string} */ name) => ["boolean", ["feature-state", name], false];
const fade = (/** @type {any} */ near, /** @type {any} */ far) => ["interpolate", ["linear"], ["zoom"], CLOSE[0], near, CLOSE[1], far];

/**
 * The colour of a class index held in feature state.
 * @param {string} key
 * @param {string[]} ramp
 * @param {string} otherwise  colour without a value
 *
 * Always an expression of feature state, even where all classes look alike: a tile that was laid out with one fails when the layer has
 * become a constant before it arrives.
 */
export const classColour = (key, ramp, otherwise) =>
  ["match", ["coalesce", ["feature-state", key], -1], ...(ramp.length ? ramp : [otherwise]).flatMap((colour, step) => [step, colour]), otherwise];

const isClass = (/** @type {string} */ key, /** @type {number} */ step) => ["==", ["coalesce", ["feature-state", key], -1], step];

/** @param {Palette} c */
export function dataLayers(c) {
  const cells = { source: "cells", "source-layer": "cells" };
  const areas = { source: "areas", "source-layer": "areas" };
  const buildings = { source: "buildings", "source-layer": "buildings" };
  const round = { "line-join": "round", "line-cap": "round" };
  const community = ["==", ["get", "level"], "community"];
  const hatch = (/** @type {string} */ status, /** @type {number} */ step) => ({
    id: `cell-hatch-${status}`, type: "fill", ...cells,
    paint: { "fill-pattern": `hatch-${status}`, "fill-opacity": fade(["case", isClass("c", step), ["case", flag("dim"), 0.12, 1], 0], 0) },
  });
  const buildingHatch = (/** @type {string} */ status, /** @type {number} */ step) => ({
    id: `building-hatch-${status}`, type: "fill", ...buildings, minzoom: CLOSE[0],
    paint: { "fill-pattern": `hatch-${status}`, "fill-opacity": fade(0, ["case", ["all", isClass("k", step), ["!", flag("s")]], 1, 0]) },
  });
  return {
    below: [
      { id: "cell-fill", type: "fill", ...cells,
        paint: { "fill-color": classColour("c", [], c["m-block"]), "fill-opacity": fade(["case", flag("dim"), 0.2, 1], ["case", flag("dim"), 0, 0.001]), "fill-antialias": false } },
      hatch("fails", 2), hatch("at_risk", 1), hatch("no_data", 3),
      { id: "building-shade", type: "fill", ...buildings, maxzoom: CLOSE[1], paint: { "fill-color": c.dark ? "rgba(4,9,13,.16)" : "rgba(24,40,52,.12)", "fill-outline-color": c.dark ? "rgba(4,9,13,.3)" : "rgba(24,40,52,.16)", "fill-opacity": fade(1, 0) } },
    ],
    above: [
      { id: "building-fill", type: "fill", ...buildings, minzoom: CLOSE[0],
        paint: { "fill-color": ["case", flag("s"), c.accent, classColour("k", [], c["m-bld"])], "fill-opacity": fade(0, 1) } },
      buildingHatch("fails", 2), buildingHatch("at_risk", 1),
      { id: "building-line", type: "line", ...buildings, minzoom: CLOSE[0], layout: round,
        paint: { "line-color": ["case", flag("h"), c["m-sel"], c["m-bld-edge"]], "line-width": ["case", flag("h"), 2.2, 1], "line-opacity": fade(0, 1) } },
      { id: "cell-line", type: "line", ...cells, layout: round, paint: { "line-color": c["m-cell"], "line-width": ["interpolate", ["linear"], ["zoom"], 13, 0.5, 16, 1], "line-opacity": fade(0.85, 0.3) } },
      { id: "area-casing", type: "line", ...areas, filter: community, layout: round, paint: { "line-color": c["m-halo"], "line-width": ["interpolate", ["linear"], ["zoom"], 11, 2, 15, 5], "line-opacity": 0.9 } },
      { id: "area-line", type: "line", ...areas, filter: community, layout: round, paint: { "line-color": c["m-comm"], "line-width": ["interpolate", ["linear"], ["zoom"], 11, 1, 15, 2] } },
      { id: "cell-hover", type: "line", ...cells, layout: round, paint: { "line-color": c["m-sel"], "line-width": 2, "line-opacity": ["case", flag("h"), 1, 0] } },
      { id: "area-selected-casing", type: "line", ...areas, layout: round, paint: { "line-color": c["m-halo"], "line-width": 7, "line-opacity": ["case", flag("s"), 1, 0] } },
      { id: "area-selected", type: "line", ...areas, layout: round, paint: { "line-color": c["m-sel"], "line-width": 3, "line-opacity": ["case", flag("s"), 1, 0] } },
      { id: "cell-selected-casing", type: "line", ...cells, layout: round, paint: { "line-color": c["m-halo"], "line-width": 7.5, "line-opacity": ["case", flag("s"), 1, 0] } },
      { id: "cell-selected", type: "line", ...cells, layout: round, paint: { "line-color": c["m-sel"], "line-width": 3, "line-opacity": ["case", flag("s"), 1, 0] } },
      { id: "building-selected-casing", type: "line", ...buildings, minzoom: 13, layout: round, paint: { "line-color": c["m-halo"], "line-width": 6, "line-opacity": ["case", flag("s"), 1, 0] } },
      { id: "building-selected", type: "line", ...buildings, minzoom: 13, layout: round, paint: { "line-color": c["m-sel"], "line-width": 2.5, "line-opacity": ["case", flag("s"), 1, 0] } },
    ],
  };
}

/** @param {Palette} c */
export function extrusionLayers(c) {
  const height = ["coalesce", ["get", "height"], ["*", 3, ["coalesce", ["get", "floors"], 2]]];
  return [
    { id: "building-3d", type: "fill-extrusion", source: "buildings", "source-layer": "buildings", layout: { visibility: "none" },
      paint: {
        "fill-extrusion-color": ["case", flag("h"), c["line-2"], classColour("k", [], c["m-bld"])],
        "fill-extrusion-height": ["case", flag("lift"), 0, height], "fill-extrusion-base": 0, "fill-extrusion-opacity": 1, "fill-extrusion-vertical-gradient": true,
      } },
    { id: "floor-3d", type: "fill-extrusion", source: "floors", layout: { visibility: "none" },
      paint: { "fill-extrusion-color": ["get", "colour"], "fill-extrusion-base": ["get", "base"], "fill-extrusion-height": ["get", "top"], "fill-extrusion-opacity": 1, "fill-extrusion-vertical-gradient": false } },
  ];
}
