/**
 * Two dates side by side: residents at A left of the divider, change B − A right of it. The right half is a second map, clipped at the
 * divider, whose camera follows the first.
 *
 * @typedef {import("./types.js").ViewState} ViewState
 */
import { $ } from "./dom.js";
import { dateText, number, signed, t } from "./i18n.js";
import { MapView } from "./map-view.js";
import { Painter, cellValues } from "./painter.js";

export class Compare {
  /** @param {MapView} main @param {import("./state.js").State} state */
  constructor(main, state) {
    this.main = main;
    this.state = state;
    this.canvas = /** @type {HTMLElement} */ ($("#map-b"));
    this.divider = /** @type {HTMLElement} */ ($("#divider"));
    this.tags = /** @type {HTMLElement} */ ($("#compare-tags"));
    /** @type {MapView|null} */
    this.view = null;
    /** @type {Painter|null} */
    this.painter = null;
    main.map.on("move", () => this.follow());
    this.divider.addEventListener("pointerdown", (event) => this.grab(event));
    this.divider.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -2, ArrowRight: 2, Home: -100, End: 100 }[event.key];
      if (step) (event.preventDefault(), event.stopPropagation(), this.place(this.state.now.split + step));
    });
  }

  follow() {
    if (!this.view || this.canvas.hidden) return;
    const { map } = this.main;
    this.view.map.jumpTo({ center: map.getCenter(), zoom: map.getZoom(), bearing: map.getBearing(), pitch: map.getPitch(), padding: map.getPadding() });
  }

  /** @param {number} percent */
  place(percent) {
    this.state.set({ split: Math.max(5, Math.min(95, percent)) }, { replace: true });
  }

  /** @param {PointerEvent} event */
  grab(event) {
    event.preventDefault();
    const box = this.main.map.getContainer().getBoundingClientRect();
    const move = (/** @type {PointerEvent} */ moved) => this.place(((moved.clientX - box.left) / box.width) * 100);
    this.divider.setPointerCapture(event.pointerId);
    this.divider.addEventListener("pointermove", move);
    const done = () => this.divider.removeEventListener("pointermove", move);
    this.divider.addEventListener("pointerup", done, { once: true });
    this.divider.addEventListener("pointercancel", done, { once: true });
  }

  /** @param {ViewState} now */
  async update(now) {
    const shown = now.compare && now.by === "change";
    for (const node of [this.canvas, this.divider, this.tags]) node.hidden = !shown;
    document.body.classList.toggle("is-comparing", shown);
    if (!shown) return;
    document.documentElement.style.setProperty("--split", `${now.split}%`);
    this.divider.setAttribute("aria-valuenow", String(Math.round(now.split)));
    if (!this.view) {
      const { map } = this.main;
      this.view = new MapView(this.canvas, this.state.config, { passive: true, camera: { center: map.getCenter(), zoom: map.getZoom(), bearing: map.getBearing(), pitch: map.getPitch() } });
      this.painter = new Painter(this.view);
    }
    this.view.map.resize();
    this.follow();
    await this.painter?.update(now);
    const [a, b] = await Promise.all([cellValues({ ...now, date: now.base }, "population"), cellValues(now, "population")]);
    const total = (/** @type {import("./types.js").CellValues} */ values) => values.counts.population.reduce((/** @type {number} */ sum, n) => sum + (n ?? 0), 0);
    this.tag("a", "A", now.base, t("population_n", { n: number(total(a)) }));
    this.tag("b", "B", now.date, t("versus_a", { n: signed(total(b) - total(a)) }));
  }

  /** @param {string} side @param {string} letter @param {string} iso @param {string} text */
  tag(side, letter, iso, text) {
    const node = $(`[data-tag="${side}"]`, this.tags);
    if (!node) return;
    const strong = document.createElement("b");
    strong.textContent = letter;
    node.replaceChildren(strong, ` ${dateText(iso)}  ${text}`);
  }

  /** Colours changed with the theme. */
  restyle() {
    this.view?.restyle();
  }
}
