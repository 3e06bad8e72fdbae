/**
 * Forms that change records, opened in a dialog where a link asks for it; without scripts they are pages.
 * After a change the page follows: the map's drawer and figures at once, other pages by loading again, with the message and
 * its "Undo" at the foot of the window.
 *
 * @typedef {{saved: string, notes: string[], undo: string|null, undo_label?: string}} Saved
 */
import { ReplyError, getHtml, request } from "./api.js";
import { $, $$, el, toast } from "./dom.js";
import { t } from "./i18n.js";

const KEPT = "gridmap:saved";

/** @type {HTMLDialogElement|null} */
let dialog = null;
/** @type {HTMLElement|null} what was focused before */
let opener = null;

/** @returns {HTMLDialogElement} */
function theDialog() {
  if (dialog) return dialog;
  const made = /** @type {HTMLDialogElement} */ (el("dialog", { class: "edit-dialog", "aria-labelledby": "edit-title" }));
  made.addEventListener("close", () => {
    made.replaceChildren();
    opener?.focus();
  });
  // Keys of the page behind must not act while the dialog is open.
  made.addEventListener("keydown", (event) => event.stopPropagation());
  made.addEventListener("cancel", (event) => {
    if (!mayLeave()) event.preventDefault();
  });
  made.addEventListener("click", (event) => {
    if (event.target === made && mayLeave()) made.close();
  });
  document.body.append(made);
  dialog = made;
  return made;
}

/** Whether something was typed that would be lost is asked once. */
function mayLeave() {
  const form = dialog && $("[data-edit-form][data-touched]", dialog);
  return !form || window.confirm(t("leave_form"));
}

/** @param {string} html from our own server, escaped there */
function fill(html) {
  const box = dialog?.open ? dialog : $(".edit-card");
  if (!box) return;
  const template = document.createElement("template");
  template.innerHTML = html;
  box.replaceChildren(template.content);
  const wrong = $('[aria-invalid="true"], .has-error input, .has-error select', box);
  const first = wrong ?? $(".edit-form input:not([type=hidden]), .edit-form select", box) ?? $("#edit-title", box);
  first?.focus();
}

/** @param {string} url */
async function open(url) {
  opener = /** @type {HTMLElement|null} */ (document.activeElement);
  try {
    const html = await getHtml(url);
    const box = theDialog();
    if (!box.open) box.showModal();
    fill(html);
  } catch (error) {
    complain(error);
  }
}

/** @param {unknown} error */
function complain(error) {
  if (!(error instanceof ReplyError)) return toast(t("offline"));
  const template = document.createElement("template");
  template.innerHTML = error.body;
  const said = template.content.querySelector("h2, strong, p")?.textContent?.trim();
  return toast(t("failed", { reason: said || String(error.status) }));
}

/** @param {HTMLFormElement} form @param {HTMLElement|null} submitter */
async function send(form, submitter) {
  const body = new URLSearchParams(/** @type {any} */ (new FormData(form, submitter)));
  const buttons = $$("button", form);
  for (const button of buttons) /** @type {HTMLButtonElement} */ (button).disabled = true;
  form.setAttribute("aria-busy", "true");
  try {
    const reply = await request(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    if (reply.headers.get("content-type")?.includes("json")) done(await reply.json(), form);
    else fill(await reply.text());
  } catch (error) {
    if (error instanceof ReplyError && error.body.includes("data-edit")) show(error.body);
    else complain(error);
  }
  for (const button of buttons) /** @type {HTMLButtonElement} */ (button).disabled = false;
  form.removeAttribute("aria-busy");
}

/** A reply that is a form again, or says what stands in the way. @param {string} html */
function show(html) {
  if (!dialog?.open && !$(".edit-card")) theDialog().showModal();
  fill(html);
}

/** @param {Saved} saved @param {HTMLFormElement} form */
function done(saved, form) {
  const inDialog = dialog?.open;
  const back = /** @type {HTMLInputElement|null} */ (form.elements.namedItem("back"))?.value || location.pathname;
  if (inDialog) dialog?.close();
  if (document.getElementById("map")) {
    document.dispatchEvent(new CustomEvent("gridmap:changed"));
    say(saved);
    return;
  }
  sessionStorage.setItem(KEPT, JSON.stringify(saved));
  if (inDialog || form.matches("[data-undo]")) location.reload();
  else location.assign(back);
}

/** @param {Saved} saved */
function say(saved) {
  // Only the newest change is offered to be taken back: the others may be what it stands on.
  for (const button of $$("#toasts .toast button")) button.closest(".toast")?.remove();
  const undo = saved.undo;
  toast([saved.saved, ...saved.notes].join(" "), undo ? { label: saved.undo_label ?? "", run: () => takeBack(undo) } : undefined);
}

/** @param {string} url */
async function takeBack(url) {
  const form = /** @type {HTMLFormElement} */ (el("form", { method: "post", action: url, "data-undo": "" }));
  await send(form, null);
}

/** @param {MouseEvent} event */
function click(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const link = /** @type {HTMLAnchorElement|null} */ (target.closest("a[data-dialog]"));
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    $$("details.room-more[open]").forEach((menu) => menu.removeAttribute("open"));
    open(link.getAttribute("href") ?? "");
    return;
  }
  if (target.closest("[data-edit-cancel]") && dialog?.open) {
    event.preventDefault();
    if (mayLeave()) dialog.close();
  }
}

/** @param {SubmitEvent} event */
function submit(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (event.defaultPrevented || !form.matches("[data-edit-form], [data-undo], [data-reveal-all]")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") !== "true") send(form, event.submitter);
}

/** A masked value is replaced as a whole: half a mask is no value. @param {FocusEvent} event */
function focus(event) {
  const field = event.target;
  if (field instanceof HTMLInputElement && field.matches("[data-masked]")) field.select();
}

document.addEventListener("click", click);
document.addEventListener("submit", submit);
document.addEventListener("focusin", focus);
document.addEventListener("input", (event) => {
  const target = event.target;
  if (target instanceof HTMLElement) target.closest("[data-edit-form]")?.setAttribute("data-touched", "");
});
document.addEventListener("click", (event) => {
  for (const menu of $$("details.room-more[open]")) if (!menu.contains(/** @type {Node} */ (event.target))) menu.removeAttribute("open");
});
const kept = sessionStorage.getItem(KEPT);
if (kept) {
  sessionStorage.removeItem(KEPT);
  say(JSON.parse(kept));
}
