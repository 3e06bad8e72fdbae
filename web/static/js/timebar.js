/**
 * The bar at the foot: residents over the last year, one thumb for the date, a second one for the base date of a change.
 *
 * @typedef {import("./state.js").State} State
 */
import { Cache, getJson } from "./api.js";
import { $, el, icon, reducedMotion, svg } from "./dom.js";
import { dateText, monthText, t } from "./i18n.js";

const PAD = 20;
const AXIS_Y = 37;
const TOP_Y = 10;
const PLAY_MS = 700;

const days = (/** @type {string} */ iso) => Date.parse(`${iso}T00:00:00Z`) / 86400000;
const isoOf = (/** @type {number} */ day) => new Date(day * 86400000).toISOString().slice(0, 10);

export class TimeBar {
  /** @param {HTMLElement} root @param {State} state */
  constructor(root, state) {
    this.root = root;
    this.state = state;
    this.trends = new Cache((url) => getJson(url));
    /** @type {{dates: string[], population: number[]}|null} */
    this.trend = null;
    this.timer = 0;
    this.plot = el("div", { class: "time-plot" });
    this.play = /** @type {HTMLButtonElement} */ (el("button", { type: "button", class: "icon-button", "aria-label": t("play"), on: { click: () => this.togglePlay() } }, icon("play", 20)));
    const modes = el("div", { class: "control segmented", role: "radiogroup", "aria-label": t("date") });
    modes.append(
      el("button", { type: "button", role: "radio", dataset: { compare: "" }, on: { click: () => state.set({ compare: false, by: state.now.by === "change" ? "population" : state.now.by }) } }, root.dataset.one || ""),
      el("button", { type: "button", role: "radio", dataset: { compare: "1" }, on: { click: () => state.set({ by: "change", compare: true }) } }, root.dataset.two || ""),
    );
    root.append(this.play, this.plot, modes);
    this.plot.addEventListener("pointerdown", (event) => this.grab(event));
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  /** Figures have changed: the curve is asked for again. */
  forget() {
    this.trends.clear();
    this.trend = null;
    this.update();
  }

  /** The year that ends with the newest date on the bar. */
  get span() {
    const { dates } = /** @type {any} */ (this.trend);
    return { from: days(dates[0]), to: days(dates[dates.length - 1]) };
  }

  async update() {
    const { now, config } = this.state;
    const shown = now.by !== "compliance" && config.has_cells;
    this.root.hidden = !shown;
    document.body.classList.toggle("has-time", shown);
    for (const button of this.root.querySelectorAll("[data-compare]")) button.setAttribute("aria-checked", String((button.getAttribute("data-compare") === "1") === (now.by === "change")));
    if (!shown) return this.stop();
    const inside = this.trend && days(now.date) >= this.span.from && days(now.date) <= this.span.to;
    if (!inside || this.area !== (now.sel?.kind === "area" ? now.sel.id : config.home.id)) {
      this.area = now.sel?.kind === "area" ? now.sel.id : config.home.id;
      const end = inside && this.trend ? this.trend.dates[this.trend.dates.length - 1] : now.date > config.dates.today || days(config.dates.today) - days(now.date) > 366 ? now.date : config.dates.today;
      try {
        this.trend = await this.trends.get(`/api/v1/trend?area=${this.area}&as_of=${end}`);
      } catch {
        this.trend = this.trend || { dates: [now.base, now.date], population: [0, 0] };
      }
    }
    this.draw();
    return undefined;
  }

  /** @param {string} iso */
  x(iso) {
    const { from, to } = this.span;
    return PAD + ((days(iso) - from) / Math.max(1, to - from)) * (this.plot.clientWidth - PAD * 2);
  }

  draw() {
    if (!this.trend || this.root.hidden || !this.plot.clientWidth) return;
    const { dates, population } = this.trend;
    const { now } = this.state;
    const low = Math.min(...population);
    const high = Math.max(...population);
    // The line keeps its place in a tall scale: a small change must not look like a collapse.
    const reach = Math.max(high - low, high * 0.02, 1) * 1.6;
    const y = (/** @type {number} */ n) => AXIS_Y - 6 - ((n - (high - reach)) / reach) * (AXIS_Y - 6 - TOP_Y);
    const points = dates.map((iso, at) => `${this.x(iso).toFixed(1)} ${y(population[at]).toFixed(1)}`);
    const right = this.x(dates[dates.length - 1]);
    const chart = svg("svg", { "aria-hidden": "true" },
      svg("path", { class: "area", d: `M${PAD} ${AXIS_Y}L${points.join("L")}L${right} ${AXIS_Y}Z` }), svg("path", { class: "line", d: `M${points.join("L")}` }), svg("path", { class: "axis", d: `M${PAD} ${AXIS_Y}H${right}` }));
    const every = this.plot.clientWidth / dates.length < 38 ? 2 : 1;
    dates.forEach((iso, at) => {
      if (at % every && at !== dates.length - 1) return;
      chart.append(svg("text", { x: this.x(iso), y: 57 }, monthText(iso, at === 0 || Number(iso.slice(5, 7)) === 1)));
    });
    /** @type {["base"|"date", string][]} */
    const thumbs = now.by === "change" ? [["base", "A"], ["date", "B"]] : [["date", ""]];
    if (now.by === "change") chart.append(svg("path", { class: "range", d: `M${Math.max(PAD, this.x(now.base))} ${AXIS_Y}H${this.x(now.date)}` }));
    for (const [key, letter] of thumbs) if (letter) chart.append(svg("text", { class: "mark", x: Math.max(PAD, this.x(now[key])), y: 22 }, letter));
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset?.thumb;
    this.plot.replaceChildren(chart, ...thumbs.map(([key, letter]) => this.thumb(key, letter)));
    if (focused) $(`[data-thumb="${focused}"]`, this.plot)?.focus();
  }

  /** @param {"base"|"date"} key @param {string} letter */
  thumb(key, letter) {
    const { from, to } = this.span;
    const iso = this.state.now[key];
    const node = el("div", { class: "time-thumb", role: "slider", tabindex: 0, dataset: { thumb: key }, "aria-label": `${t("date")} ${letter}`.trim(), "aria-valuemin": from, "aria-valuemax": to, "aria-valuenow": days(iso), "aria-valuetext": dateText(iso) });
    node.style.setProperty("left", `${Math.max(PAD, this.x(iso))}px`);
    node.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: 30, PageDown: -30, Home: from - to, End: to - from }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.moveTo(key, days(iso) + step);
    });
    return node;
  }

  /** @param {"base"|"date"} key @param {number} day */
  moveTo(key, day) {
    const { from, to } = this.span;
    let iso = isoOf(Math.min(to, Math.max(from, Math.round(day))));
    if (key === "base" && iso >= this.state.now.date) iso = isoOf(days(this.state.now.date) - 1);
    if (key === "date" && this.state.now.by === "change" && iso <= this.state.now.base) iso = isoOf(days(this.state.now.base) + 1);
    if (iso > this.state.config.dates.max) iso = this.state.config.dates.max;
    if (iso !== this.state.now[key]) this.state.set(/** @type {any} */ ({ [key]: iso, ...(key === "date" && this.state.now.by === "change" ? { base: this.state.now.base } : {}) }), { replace: true });
  }

  /** @param {PointerEvent} event */
  grab(event) {
    if (!this.trend) return;
    this.stop();
    const left = this.plot.getBoundingClientRect().left;
    const dayAt = (/** @type {number} */ x) => this.span.from + ((x - left - PAD) / (this.plot.clientWidth - PAD * 2)) * (this.span.to - this.span.from);
    const away = (/** @type {"base"|"date"} */ key) => Math.abs(days(this.state.now[key]) - dayAt(event.clientX));
    const key = this.state.now.by === "change" && away("base") < away("date") ? "base" : "date";
    this.plot.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ moved) => this.moveTo(key, dayAt(moved.clientX));
    move(event);
    const done = () => {
      this.plot.removeEventListener("pointermove", move);
      this.plot.removeEventListener("pointerup", done);
      this.plot.removeEventListener("pointercancel", done);
    };
    this.plot.addEventListener("pointermove", move);
    this.plot.addEventListener("pointerup", done);
    this.plot.addEventListener("pointercancel", done);
  }

  togglePlay() {
    if (this.timer) return this.stop();
    const dates = this.trend?.dates || [];
    let at = dates.findIndex((iso) => iso > this.state.now.date);
    if (at < 0) at = 0;
    const step = () => {
      this.moveTo("date", days(dates[at]));
      at += 1;
      if (at >= dates.length) this.stop();
    };
    this.timer = window.setInterval(step, reducedMotion() ? PLAY_MS * 2 : PLAY_MS);
    this.play.replaceChildren(icon("pause", 20));
    this.play.setAttribute("aria-label", t("pause"));
    step();
    return undefined;
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.play.replaceChildren(icon("play", 20));
    this.play.setAttribute("aria-label", t("play"));
  }
}
