/**
 * Shapes of a building whose floors stand apart: a slab and a box a room for each floor, in the plan of the smallest rectangle around
 * the footprint. Rooms are equal strips of that rectangle: the register knows no room outlines.
 *
 * @typedef {{id: string, room: string, state: import("./types.js").DwellingState}|null} Room
 * @typedef {{floor: number, label: string, people: number|null, unverified: number, rooms: Room[]}} Floor
 * @typedef {{map_id: number, region: number, id: string, floors: number, height: number|null, geometry: any, rows: Floor[]}} BuildingData
 * @typedef {{lon: number, lat: number, east: number, north: number}} Frame  local metres ↔ degrees
 * @typedef {{centre: [number, number], along: [number, number], length: number, depth: number, frame: Frame}} Plan
 */

const METRES_PER_DEGREE = 111320;

/** @param {number} lon @param {number} lat @returns {Frame} */
const frameAt = (lon, lat) => ({ lon, lat, east: METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180), north: 110574 });

/** @param {any} geometry Polygon or MultiPolygon @returns {[number, number][]} outer ring of the largest part */
function outerRing(geometry) {
  const rings = geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.coordinates.map((/** @type {any} */ part) => part[0]);
  const area = (/** @type {[number, number][]} */ ring) => Math.abs(ring.reduce((sum, [x, y], at) => sum + x * ring[(at + 1) % ring.length][1] - ring[(at + 1) % ring.length][0] * y, 0));
  return rings.sort((/** @type {any} */ a, /** @type {any} */ b) => area(b) - area(a))[0];
}

/**
 * The smallest rectangle around a footprint, tried along every edge.
 * @param {any} geometry
 * @returns {Plan}
 */
export function planOf(geometry) {
  const ring = outerRing(geometry);
  const frame = frameAt(ring[0][0], ring[0][1]);
  const points = ring.map(([lon, lat]) => [(lon - frame.lon) * frame.east, (lat - frame.lat) * frame.north]);
  /** @type {{area: number, plan: Plan}|null} */
  let best = null;
  points.forEach(([x, y], at) => {
    const [nextX, nextY] = points[(at + 1) % points.length];
    const length = Math.hypot(nextX - x, nextY - y);
    if (length < 0.5) return;
    const [ux, uy] = [(nextX - x) / length, (nextY - y) / length];
    const us = points.map(([px, py]) => px * ux + py * uy);
    const vs = points.map(([px, py]) => -px * uy + py * ux);
    const [u0, u1, v0, v1] = [Math.min(...us), Math.max(...us), Math.min(...vs), Math.max(...vs)];
    const area = (u1 - u0) * (v1 - v0);
    if (best && area >= best.area) return;
    const [cu, cv] = [(u0 + u1) / 2, (v0 + v1) / 2];
    const wide = u1 - u0 >= v1 - v0;
    best = { area, plan: { centre: [cu * ux - cv * uy, cu * uy + cv * ux], along: wide ? [ux, uy] : [-uy, ux], length: Math.max(u1 - u0, v1 - v0), depth: Math.min(u1 - u0, v1 - v0), frame } };
  });
  return /** @type {{area: number, plan: Plan}} */ (/** @type {unknown} */ (best)).plan;
}

/**
 * A rectangle of the plan as a ring of degrees.
 * @param {Plan} plan
 * @param {[number, number, number, number]} box  from, to along and across, metres from the centre
 * @param {number} slide  metres across
 */
function ringOf(plan, [u0, u1, v0, v1], slide) {
  const [ux, uy] = plan.along;
  const corner = (/** @type {number} */ u, /** @type {number} */ v) => {
    const across = v + slide;
    const x = plan.centre[0] + u * ux - across * uy;
    const y = plan.centre[1] + u * uy + across * ux;
    return [plan.frame.lon + x / plan.frame.east, plan.frame.lat + y / plan.frame.north];
  };
  return [corner(u0, v0), corner(u1, v0), corner(u1, v1), corner(u0, v1), corner(u0, v0)];
}

/** A point of the plan in degrees. @param {Plan} plan @param {number} u @param {number} v @returns {[number, number]} */
export const pointOf = (plan, u, v) => /** @type {[number, number]} */ (ringOf(plan, [u, u, v, v], 0)[0]);

/** @param {number} count @param {Plan} plan */
function layout(count, plan) {
  const rows = count > 3 && plan.depth > 9 ? 2 : 1;
  return { rows, columns: Math.max(1, Math.ceil(count / rows)) };
}

/**
 * Height of a floor's slab above ground.
 * @param {number} index     0 = lowest
 * @param {number} chosen    index of the floor that is pulled out, -1 = none
 * @param {number} storey_m
 * @param {number} open      0 closed … 1 apart, for this floor
 */
export function baseOf(index, chosen, storey_m, open) {
  const apart = index * storey_m * (1 + open);
  return apart + (chosen >= 0 && index > chosen ? storey_m * 1.6 * open : 0);
}

/**
 * All boxes of one moment.
 * @param {BuildingData} data
 * @param {Plan} plan
 * @param {{chosen: number, storey_m: number, openOf: (index: number) => number, side: number, colours: Object<string, string>}} look  side: +1 or −1, towards the viewer
 */
export function floorBoxes(data, plan, { chosen, storey_m, openOf, side, colours }) {
  /** @type {object[]} */
  const features = [];
  const [half, deep] = [plan.length / 2, plan.depth / 2];
  data.rows.forEach((floor, index) => {
    const open = openOf(index);
    const base = baseOf(index, chosen, storey_m, open);
    const slide = index === chosen ? side * plan.depth * 0.66 * open : 0;
    const properties = { floor: floor.floor, index };
    features.push({ type: "Feature", properties: { ...properties, colour: colours.slab, base, top: base + 0.45 }, geometry: { type: "Polygon", coordinates: [ringOf(plan, [-half, half, -deep, deep], slide)] } });
    const { rows, columns } = layout(floor.rooms.length, plan);
    const [width, depth] = [plan.length / columns, plan.depth / rows];
    floor.rooms.forEach((room, at) => {
      if (!room) return;
      const column = at % columns;
      const row = Math.floor(at / columns);
      const box = /** @type {[number, number, number, number]} */ ([-half + column * width + 0.4, -half + (column + 1) * width - 0.4, -deep + row * depth + 0.4, -deep + (row + 1) * depth - 0.4]);
      features.push({ type: "Feature", properties: { ...properties, room: room.id, colour: colours[room.state], base: base + 0.45, top: base + storey_m * (1 - 0.46 * open) }, geometry: { type: "Polygon", coordinates: [ringOf(plan, box, slide)] } });
    });
  });
  return { type: "FeatureCollection", features };
}
