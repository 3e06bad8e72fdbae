/**
 * The one place that knows what the reader looks at. Every change goes through `set`, is written to the address and told to the
 * listeners; Back and Forward read the address again. The camera lives in the hash and never makes a history entry.
 *
 * @typedef {import("./types.js").ViewState} ViewState
 * @typedef {import("./types.js").MapConfig} MapConfig
 */

const BY = ["compliance", "population", "change"];

/** @param {string} iso @param {number} years */
const yearsBefore = (iso, years) => {
  const [year, month, day] = iso.split("-");
  return `${Number(year) - years}-${month}-${month === "02" && day === "29" ? "28" : day}`;
};

export class State {
  /** @param {MapConfig} config */
  constructor(config) {
    this.config = config;
    /** @type {Set<(state: ViewState, changed: Set<string>) => void>} */
    this.listeners = new Set();
    /** @type {ViewState} */
    this.now = this.read();
    window.addEventListener("popstate", () => this.apply(this.read()));
  }

  /** @returns {ViewState} from the address, with every value checked */
  read() {
    const query = new URLSearchParams(location.search);
    const isDate = (/** @type {string|null} */ text) => Boolean(text && /^\d{4}-\d\d-\d\d$/.test(text));
    const date = isDate(query.get("date")) ? String(query.get("date")) : this.config.as_of;
    const [kind, region, id] = (query.get("sel") || "").split(":");
    const by = BY.includes(query.get("by") || "") ? query.get("by") : "compliance";
    return /** @type {ViewState} */ ({
      date,
      base: isDate(query.get("base")) ? query.get("base") : yearsBefore(date, 1),
      by,
      mode: query.get("mode") === "3d" ? "3d" : "2d",
      sel: (kind === "area" || kind === "building") && id ? { kind, region, id } : null,
      room: query.get("room") || "",
      compare: by === "change" && query.get("compare") === "1",
      split: Math.min(95, Math.max(5, Number(query.get("split")) || 50)),
    });
  }

  /** @param {ViewState} state @returns {string} */
  href(state = this.now) {
    const query = new URLSearchParams();
    if (state.date !== this.config.as_of) query.set("date", state.date);
    if (state.by !== "compliance") query.set("by", state.by);
    if (state.by === "change" && state.base !== yearsBefore(state.date, 1)) query.set("base", state.base);
    if (state.compare) {
      query.set("compare", "1");
      if (state.split !== 50) query.set("split", String(Math.round(state.split)));
    }
    if (state.mode === "3d") query.set("mode", "3d");
    if (state.sel) query.set("sel", `${state.sel.kind}:${state.sel.region}:${state.sel.id}`);
    if (state.room) query.set("room", state.room);
    const text = query.toString().replaceAll("%3A", ":");
    return `/map${text ? `?${text}` : ""}${location.hash}`;
  }

  /**
   * @param {Partial<ViewState>} change
   * @param {{replace?: boolean}} [options]  replace: no new history entry (sliders)
   */
  set(change, options = {}) {
    const next = { ...this.now, ...change };
    if ("date" in change && !("base" in change) && this.now.base === yearsBefore(this.now.date, 1)) next.base = yearsBefore(next.date, 1);
    if (next.by !== "change") next.compare = false;
    if (("sel" in change || "date" in change) && !("room" in change) && JSON.stringify(next.sel) !== JSON.stringify(this.now.sel)) next.room = "";
    const href = this.href(next);
    if (href !== this.href()) history[options.replace ? "replaceState" : "pushState"](null, "", href);
    this.apply(next);
  }

  /** @param {ViewState} next */
  apply(next) {
    const keys = /** @type {(keyof ViewState)[]} */ (Object.keys(next));
    const changed = new Set(keys.filter((key) => JSON.stringify(next[key]) !== JSON.stringify(this.now[key])));
    if (!changed.size) return;
    this.now = next;
    for (const listener of this.listeners) listener(next, changed);
  }

  /** @param {(state: ViewState, changed: Set<string>) => void} listener */
  listen(listener) {
    this.listeners.add(listener);
  }
}
