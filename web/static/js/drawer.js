/**
 * The drawer shows what the address names. Fragments come from the server; the map follows what they say of themselves.
 *
 * @typedef {import("./types.js").ViewState} ViewState
 * @typedef {{kind: string, id: string, region: string, mapId: number, level: string, name: string, bounds: [number, number, number, number]|null, lon: number|null, lat: number|null}} Shown
 */
import { ReplyError, getHtml } from "./api.js";
import { $, $$, el, isPhone, reducedMotion, toast } from "./dom.js";
import { t } from "./i18n.js";
import { openRoom, wireMatrix } from "./matrix.js";

export class Drawer {
  /**
   * @param {HTMLElement} root
   * @param {import("./state.js").State} state
   * @param {(shown: Shown) => void} onShow  told after every new content
   */
  constructor(root, state, onShow) {
    this.root = root;
    this.body = /** @type {HTMLElement} */ ($("#drawer-body", root));
    this.state = state;
    this.onShow = onShow;
    /** @type {AbortController|null} */
    this.loading = null;
    this.shownUrl = "";
    root.addEventListener("click", (event) => this.click(event));
  }

  /** @param {ViewState} now */
  url(now) {
    const query = `as_of=${now.date}`;
    if (now.by === "change" && !now.sel) return `/fragments/compare?${query}&base=${now.base}&area=${this.state.config.home.id}`;
    if (!now.sel) return `/fragments/area/${this.state.config.home.id}?${query}`;
    if (now.sel.kind === "area") return `/fragments/area/${now.sel.id}?${query}`;
    return `/fragments/building/${now.sel.region}/${now.sel.id}?${query}${now.room ? `&room=${now.room}` : ""}`;
  }

  /** The first content may already stand in the page. */
  adopt() {
    if (!$(".view", this.body)) return false;
    this.shownUrl = this.url({ ...this.state.now, sel: null, by: "compliance", date: this.state.config.as_of });
    this.ready();
    return true;
  }

  /** @param {ViewState} now @param {boolean} [again] load even if the address is the same */
  async show(now, again = false) {
    const url = this.url(now);
    if (url === this.shownUrl && !again) return;
    this.loading?.abort();
    const loading = (this.loading = new AbortController());
    this.body.setAttribute("aria-busy", "true");
    try {
      this.fill(await getHtml(url, loading.signal));
      this.shownUrl = url;
    } catch (error) {
      if (loading.signal.aborted) return;
      this.shownUrl = "";
      if (error instanceof ReplyError && error.body.includes("view-message")) this.fill(error.body);
      else this.fail(error instanceof ReplyError ? t("failed", { reason: String(error.status) }) : t("offline"));
    }
    this.body.removeAttribute("aria-busy");
  }

  /** @param {string} html from our own server, escaped there */
  fill(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    this.body.replaceChildren(template.content);
    this.body.scrollTop = 0;
    window.htmx?.process(this.body);
    this.ready();
  }

  /** @param {string} message */
  fail(message) {
    toast(message, { label: t("try_again"), run: () => this.show(this.state.now, true) });
  }

  ready() {
    wireMatrix(this.body, (room) => this.state.set({ room }, { replace: Boolean(this.state.now.room) }));
    const view = $(".view", this.body);
    if (!view) return;
    const { kind = "", id = "", region = "", mapId = "", level = "", name = "", bounds = "", lon = "", lat = "" } = view.dataset;
    const box = bounds ? /** @type {[number, number, number, number]} */ (bounds.split(",").map(Number)) : null;
    this.onShow({ kind, id, region, mapId: Number(mapId), level, name, bounds: box, lon: lon ? Number(lon) : null, lat: lat ? Number(lat) : null });
  }

  /** Another room of the building that is already shown. @param {ViewState} now */
  async showRoom(now) {
    const url = `/fragments/dwelling/${now.sel?.region}/${now.room}?as_of=${now.date}`;
    const target = $("#dwelling", this.body);
    if (!target || !now.room) return this.show(now, true);
    try {
      const html = await getHtml(url);
      target.innerHTML = html;
      window.htmx?.process(target);
      openRoom(this.body, now.room);
      this.shownUrl = this.url(now);
      const { top, bottom } = target.getBoundingClientRect();
      // A sheet hangs below the window: its end is out of sight even when it is scrolled to.
      const block = isPhone() || bottom - top > window.innerHeight * 0.5 ? "start" : "end";
      if (bottom > window.innerHeight || top < 0) target.scrollIntoView({ block, behavior: reducedMotion() ? "auto" : "smooth" });
    } catch (error) {
      this.fail(error instanceof ReplyError ? t("failed", { reason: String(error.status) }) : t("offline"));
    }
  }

  /** One level up: room, building, cell, community. */
  up() {
    const { now } = this.state;
    if (now.room) return this.state.set({ room: "" });
    const parents = $$(".crumbs [data-select]", this.body);
    const parent = parents[parents.length - 1];
    if (now.sel && parent && parent.dataset.id !== this.state.config.home.id) return this.state.set({ sel: { kind: /** @type {"area"} */ (parent.dataset.select), region: String(parent.dataset.region), id: String(parent.dataset.id) } });
    if (now.sel) return this.state.set({ sel: null });
    return undefined;
  }

  /** The innermost area of the path: the cell of a building. @returns {string} UUID or "" */
  parentArea() {
    const areas = $$('.crumbs [data-select="area"]', this.body);
    return areas[areas.length - 1]?.dataset.id || "";
  }

  /** @param {MouseEvent} event */
  click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const link = /** @type {HTMLElement|null} */ (target.closest("[data-select]"));
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      const kind = /** @type {"area"} */ (link.dataset.select);
      const home = link.dataset.id === this.state.config.home.id;
      this.state.set({ sel: home ? null : { kind, region: String(link.dataset.region), id: String(link.dataset.id) } });
    } else if (target.closest("[data-close-drawer]")) {
      if (isPhone() || this.state.now.sel || this.state.now.room) this.up();
      else document.body.classList.add("is-closed");
    } else if (target.closest("[data-copy-link]")) {
      navigator.clipboard?.writeText(location.href).then(() => toast(t("copied")), () => toast(t("copy_failed"))) ?? toast(t("copy_failed"));
    } else if (target.closest("[data-retry]")) this.show(this.state.now, true);
  }

  /** The JSON that the building's fragment carries for 3D. @returns {any} */
  buildingData() {
    const block = $("script.building-data", this.body);
    return block ? JSON.parse(block.textContent || "null") : null;
  }

  /** Say something to screen readers. @param {string} text */
  static announce(text) {
    const live = document.getElementById("map-live");
    if (live) live.replaceChildren(el("span", {}, text));
  }
}
