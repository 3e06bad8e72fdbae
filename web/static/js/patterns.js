/**
 * Hatches, state icons and the tab behind a community's name, drawn to pixels here: no image is fetched.
 *
 * @typedef {import("./types.js").Palette} Palette
 */
import { statusColour } from "./palette.js";

const RATIO = 2;

/**
 * @param {number} width   CSS pixels
 * @param {number} height
 * @param {(draw: CanvasRenderingContext2D) => void} paint
 * @returns {ImageData}
 */
function raster(width, height, paint) {
  const canvas = document.createElement("canvas");
  canvas.width = width * RATIO;
  canvas.height = height * RATIO;
  const draw = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  draw.scale(RATIO, RATIO);
  paint(draw);
  return draw.getImageData(0, 0, canvas.width, canvas.height);
}

/**
 * Paint one seamless tile of a hatch. The ground is left transparent, so the class colour shows through.
 * @param {CanvasRenderingContext2D} draw
 * @param {"fails"|"at_risk"|"no_data"} status
 * @param {number} size
 * @param {Palette} palette
 */
export function paintHatch(draw, status, size, palette) {
  if (status === "at_risk") {
    draw.fillStyle = palette["hatch-risk"];
    for (const [x, y] of [[size / 4, size / 4], [(size * 3) / 4, (size * 3) / 4]]) {
      draw.beginPath();
      draw.arc(x, y, size / 11, 0, Math.PI * 2);
      draw.fill();
    }
    return;
  }
  draw.strokeStyle = palette[status === "fails" ? "hatch" : "hatch-nd"];
  draw.globalAlpha = status === "fails" ? 0.5 : 0.9;
  draw.lineWidth = status === "fails" ? 0.9 : 0.6;
  draw.beginPath();
  for (const shift of [-size, 0, size]) {
    draw.moveTo(shift - 1, size + 1);
    draw.lineTo(shift + size + 1, -1);
    if (status === "no_data") {
      draw.moveTo(shift - 1, -1);
      draw.lineTo(shift + size + 1, size + 1);
    }
  }
  draw.stroke();
}

/** Outlines of the four icons around (0, 0), radius about 8. @type {Object<string, (draw: CanvasRenderingContext2D) => void>} */
const SHAPES = {
  meets: (draw) => draw.arc(0, 0, 8, 0, Math.PI * 2),
  no_data: (draw) => draw.arc(0, 0, 8, 0, Math.PI * 2),
  at_risk: (draw) => {
    draw.moveTo(0, -8.6);
    draw.lineTo(9, 7.2);
    draw.lineTo(-9, 7.2);
    draw.closePath();
  },
  fails: (draw) => {
    for (let corner = 0; corner < 8; corner += 1) {
      const angle = ((corner + 0.5) * Math.PI) / 4;
      draw[corner ? "lineTo" : "moveTo"](8.7 * Math.cos(angle), 8.7 * Math.sin(angle));
    }
    draw.closePath();
  },
};

/** @type {Object<string, [number, number][][]>} */
const SIGNS = {
  meets: [[[-3.6, 0.3], [-1.1, 2.8], [3.8, -2.6]]],
  no_data: [[[-3.8, 0], [3.8, 0]]],
  at_risk: [[[0, -3.2], [0, 2]], [[0, 4.5], [0, 4.6]]],
  fails: [[[-3, -3], [3, 3]], [[-3, 3], [3, -3]]],
};

/** @param {CanvasRenderingContext2D} draw @param {string} status @param {Palette} palette */
function paintIcon(draw, status, palette) {
  draw.translate(11, 11);
  draw.lineJoin = "round";
  draw.lineCap = "round";
  draw.beginPath();
  SHAPES[status](draw);
  draw.strokeStyle = palette["m-halo"];
  draw.lineWidth = 3.4;
  draw.stroke();
  draw.fillStyle = statusColour(status, palette, "solid");
  draw.fill();
  draw.strokeStyle = palette.surface;
  draw.lineWidth = 1.8;
  for (const line of SIGNS[status]) {
    draw.beginPath();
    line.forEach(([x, y], at) => draw[at ? "lineTo" : "moveTo"](x, y));
    draw.stroke();
  }
}

/**
 * Give the map its images. Call again after every change of style.
 * @param {import("../vendor/maplibre-gl.mjs").Map} map
 * @param {Palette} palette
 */
export function addImages(map, palette) {
  const add = (/** @type {string} */ name, /** @type {ImageData} */ image, /** @type {object} */ options = {}) => {
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, image, { pixelRatio: RATIO, ...options });
  };
  for (const status of /** @type {const} */ (["fails", "at_risk", "no_data"])) {
    const size = status === "at_risk" ? 8 : 6;
    add(`hatch-${status}`, raster(size, size, (draw) => paintHatch(draw, status, size, palette)));
  }
  for (const status of Object.keys(SHAPES)) add(`state-${status}`, raster(22, 22, (draw) => paintIcon(draw, status, palette)));
  const tab = raster(12, 12, (draw) => {
    draw.fillStyle = palette["m-zone"];
    draw.beginPath();
    draw.roundRect(0, 0, 12, 12, 2.5);
    draw.fill();
  });
  const inner = /** @type {[number, number][]} */ ([[4 * RATIO, 8 * RATIO]]);
  add("zone-tab", tab, { stretchX: inner, stretchY: inner, content: [3 * RATIO, 2 * RATIO, 9 * RATIO, 10 * RATIO] });
}
