/** Text, numbers and dates in the reader's language. */
import { readJson } from "./dom.js";

const messages = readJson("messages") || {};
const english = document.documentElement.lang === "en";
const grouped = new Intl.NumberFormat("en-US");

/**
 * @param {string} key       a key of fragments/messages.html
 * @param {Object<string, string|number>} [fill]
 * @returns {string}
 */
export const t = (key, fill = {}) => String(messages[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(fill[name] ?? ""));

/** @param {number|null|undefined} n */
export const number = (n) => (n === null || n === undefined ? "–" : grouped.format(n));

/** A change with its sign, with a true minus. @param {number|null|undefined} n */
export const signed = (n) => {
  if (n === null || n === undefined) return "–";
  return n > 0 ? `+${grouped.format(n)}` : n < 0 ? `−${grouped.format(-n)}` : "±0";
};

/** @param {number} share 0..1 @param {number} [digits] */
export const share = (share, digits = 1) => `${(share * 100).toFixed(digits)}${english ? "" : " "}%`;

/** @param {string} iso */
export function dateText(iso) {
  if (!english) return iso;
  const [year, month, day] = iso.split("-").map(Number);
  return `${day} ${messages.months[month - 1]} ${year}`;
}

/**
 * A tick of the time bar; the year stands at the first tick and in January.
 * @param {string} iso
 * @param {boolean} withYear
 */
export function monthText(iso, withYear) {
  const [year, month] = iso.split("-").map(Number);
  if (english) return withYear ? `${messages.months[month - 1]} ${String(year).slice(2)}` : messages.months[month - 1];
  return withYear ? `${year}.${month}` : `${month}月`;
}

export const isEnglish = english;
