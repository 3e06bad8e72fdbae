/**
 * Scale bar and camera buttons.
 *
 * @typedef {import("./map-view.js").MapView} MapView
 */
import { $, $$ } from "./dom.js";
import { t } from "./i18n.js";

/** The longest round length that fits. @param {number} most_m */
function roundLength(most_m) {
  const power = 10 ** Math.floor(Math.log10(most_m));
  return [5, 2, 1].map((step) => step * power).find((length) => length <= most_m) ?? power;
}

/** @param {MapView} view @param {HTMLElement} root */
export function addScale(view, root) {
  const { map } = view;
  const draw = () => {
    const { clientWidth, clientHeight } = map.getContainer();
    const y = clientHeight - 30;
    const metres = map.unproject([clientWidth / 2 - 60, y]).distanceTo(map.unproject([clientWidth / 2 + 60, y]));
    const length = roundLength(metres);
    const width = (length / metres) * 120;
    $("path", root)?.setAttribute("d", `M1 0V6H${width.toFixed(1)}V0`);
    const text = $("span", root);
    if (text) text.textContent = `${length >= 1000 ? `${length / 1000} km` : `${length} m`} · ${t("scale_crs")}`;
  };
  map.on("move", draw);
  map.on("load", draw);
  draw();
}

/** @param {MapView} view */
export function addCameraButtons(view) {
  const { map } = view;
  const act = {
    in: () => map.zoomIn({ duration: view.duration() }),
    out: () => map.zoomOut({ duration: view.duration() }),
    north: () => map.easeTo({ bearing: 0, pitch: 0, duration: view.duration() }),
  };
  for (const button of $$("[data-camera]")) button.addEventListener("click", () => act[/** @type {"in"} */ (button.dataset.camera)]());
  const needle = $('[data-camera="north"] .icon');
  const turn = () => needle?.style.setProperty("transform", `rotate(${-map.getBearing()}deg)`);
  map.on("rotate", turn);
}
