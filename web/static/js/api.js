/** Requests to this server. Every POST carries the CSRF token; nothing personal ever goes into an address. */

const csrf = document.querySelector('meta[name="csrf"]')?.getAttribute("content") || "";

/** A reply that is not 2xx. `body` holds what the server sent, so that a fragment can still be shown. */
export class ReplyError extends Error {
  /** @param {number} status @param {string} body */
  constructor(status, body) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

/**
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export async function request(url, options = {}) {
  const headers = new Headers(options.headers);
  if (options.method && options.method !== "GET") headers.set("X-CSRF-Token", csrf);
  const reply = await fetch(url, { credentials: "same-origin", ...options, headers });
  if (reply.status === 401 || (reply.redirected && new URL(reply.url).pathname === "/login")) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  if (!reply.ok) throw new ReplyError(reply.status, await reply.text());
  return reply;
}

/** @param {string} url @param {AbortSignal} [signal] @returns {Promise<any>} */
export const getJson = async (url, signal) => (await request(url, { signal })).json();

/** @param {string} url @param {AbortSignal} [signal] @returns {Promise<string>} */
export const getHtml = async (url, signal) => (await request(url, { signal, headers: { "HX-Request": "true" } })).text();

/** @param {string} url @param {Object<string, string>} fields */
export const post = (url, fields) => request(url, { method: "POST", body: new URLSearchParams(fields) });

/**
 * Replies by address, so that moving the time slider back is free.
 * @template T
 */
export class Cache {
  /** @param {(url: string) => Promise<T>} load @param {number} [limit] */
  constructor(load, limit = 60) {
    this.load = load;
    this.limit = limit;
    /** @type {Map<string, Promise<T>>} */
    this.entries = new Map();
  }

  /** Forget everything. */
  clear() {
    this.entries.clear();
  }

  /** @param {string} url @returns {Promise<T>} */
  get(url) {
    let entry = this.entries.get(url);
    if (!entry) {
      entry = this.load(url);
      entry.catch(() => this.entries.delete(url));
      this.entries.set(url, entry);
      const [oldest] = this.entries.keys();
      if (this.entries.size > this.limit) this.entries.delete(oldest);
    }
    return entry;
  }
}
