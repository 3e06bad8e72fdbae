/**
 * The table of floors and rooms: one tab stop, arrows walk, Home/End ends of a floor, Page keys first and last floor, Enter opens.
 */
import { $, $$ } from "./dom.js";

/** @param {ParentNode} root @param {string} room UUID */
export function openRoom(root, room) {
  for (const node of $$(".room[aria-current]", root)) node.removeAttribute("aria-current");
  for (const row of $$(".matrix tr.is-current", root)) row.classList.remove("is-current");
  const node = room ? $(`.room[data-room="${CSS.escape(room)}"]`, root) : null;
  node?.setAttribute("aria-current", "true");
  node?.closest("tr")?.classList.add("is-current");
}

/** @param {HTMLElement} table @returns {HTMLElement[][]} rows of visible rooms; gaps keep their place as null */
const gridOf = (table) =>
  $$("tbody tr", table).map((row) => $$("td", row).filter((cell) => cell.offsetParent !== null).map((cell) => /** @type {HTMLElement} */ ($(".room", cell))));

/** Nearest room to the wanted place in this row. @param {HTMLElement[]} row @param {number} column */
function nearest(row, column) {
  for (let away = 0; away < row.length; away += 1) {
    const found = row[column - away] || row[column + away];
    if (found) return found;
  }
  return null;
}

/** @param {HTMLElement[][]} grid @param {number} row @param {number} column @param {string} key @returns {HTMLElement|null} */
function step(grid, row, column, key) {
  const last = grid.length - 1;
  switch (key) {
    case "ArrowLeft": return grid[row].slice(0, column).reverse().find(Boolean) ?? null;
    case "ArrowRight": return grid[row].slice(column + 1).find(Boolean) ?? null;
    case "ArrowUp": return nearest(grid[Math.max(0, row - 1)], column);
    case "ArrowDown": return nearest(grid[Math.min(last, row + 1)], column);
    case "Home": return grid[row].find(Boolean) ?? null;
    case "End": return [...grid[row]].reverse().find(Boolean) ?? null;
    case "PageUp": return nearest(grid[0], column);
    case "PageDown": return nearest(grid[last], column);
    default: return null;
  }
}

/** @param {HTMLElement} table @param {KeyboardEvent} event */
function walk(table, event) {
  const grid = gridOf(table);
  const row = grid.findIndex((cells) => cells.includes(/** @type {HTMLElement} */ (event.target)));
  if (row < 0) return;
  const next = step(grid, row, grid[row].indexOf(/** @type {HTMLElement} */ (event.target)), event.key);
  if (!next) return;
  event.preventDefault();
  event.stopPropagation();
  for (const room of $$('.room[tabindex="0"]', table)) room.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

/** Show one unit's columns. @param {HTMLElement} root @param {HTMLElement} table @param {string} unit */
function showUnit(root, table, unit) {
  for (const tab of $$("[role=tab][data-unit]", root)) {
    tab.setAttribute("aria-selected", String(tab.dataset.unit === unit));
    tab.tabIndex = tab.dataset.unit === unit ? 0 : -1;
  }
  for (const cell of $$("[data-unit]", table)) cell.classList.toggle("is-shown", cell.dataset.unit === unit);
}

/**
 * @param {HTMLElement} root
 * @param {(room: string) => void} open
 */
export function wireMatrix(root, open) {
  const table = $("[data-matrix]", root);
  if (!table) return;
  const current = $('.room[aria-current="true"]', table);
  current?.closest("tr")?.classList.add("is-current");
  const tabs = $$("[role=tab][data-unit]", root);
  if (tabs.length) {
    showUnit(root, table, current?.closest("td")?.dataset.unit ?? "0");
    tabs.forEach((tab, at) => {
      tab.addEventListener("click", () => showUnit(root, table, String(tab.dataset.unit)));
      tab.addEventListener("keydown", (event) => {
        const next = event.key === "ArrowRight" ? tabs[at + 1] : event.key === "ArrowLeft" ? tabs[at - 1] : null;
        if (next) (next.focus(), next.click());
      });
    });
  }
  const first = current || $(".room", table);
  if (first) first.tabIndex = 0;
  current?.scrollIntoView({ block: "nearest" });
  table.addEventListener("keydown", (event) => walk(table, event));
  table.addEventListener("click", (event) => {
    const room = /** @type {HTMLElement} */ (event.target).closest(".room");
    if (!(room instanceof HTMLElement)) return;
    for (const other of $$('.room[tabindex="0"]', table)) other.tabIndex = -1;
    room.tabIndex = 0;
    openRoom(root, String(room.dataset.room));
    open(String(room.dataset.room));
  });
}
