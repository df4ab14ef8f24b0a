/* The moderators' queue by keyboard, without leaving the page: each button posts to its own address and the answer's
   rows take the place of those they are about. Without this file the same buttons are plain form buttons. */

import { fetchFragment } from "./fragments.js";

const queue = document.querySelector("[data-queue]");
const status = queue.querySelector("[data-status]");
const list = queue.querySelector("[data-rows]");
const dialog = document.querySelector("[data-sanctions]");
const WRITING = "textarea, select, input:not([type=checkbox]), [contenteditable]";
let underway = 0;
let current = null; // the key of the row the keys act on

const rowOf = (node) => node?.closest?.("[data-row]");
const rows = () => [...list.children];
const open = () => rows().filter((row) => !row.classList.contains("is-done") && !row.hasAttribute("aria-busy"));
const here = () => rows().find((row) => row.dataset.row === current);

function say(content, wrong = false) {
  status.classList.toggle("is-wrong", wrong);
  status.replaceChildren(...(typeof content === "string" ? [content] : content));
}

function stand(row) {
  if (!row) return;
  current = row.dataset.row;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function walk(step) {
  const all = rows();
  const place = all.indexOf(here());
  stand(all[place < 0 ? 0 : Math.min(all.length - 1, Math.max(0, place + step))]);
}

/* On to the next row nobody has decided: below these, else from the top. */
function goOn(decided) {
  const last = decided.at(-1);
  const left = open().filter((other) => !decided.includes(other));
  const next = left.find((other) => last.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING) ?? left[0];
  if (next) stand(next);
}

/* What an address answers, as nodes. */
async function ask(address, options) {
  const holder = document.createElement("template");
  holder.innerHTML = (await fetchFragment(address, options)).html;
  return holder.content;
}

/* POST to a button's address; put the answered rows in place. What is `busy` waits for them. */
async function send(address, body, busy) {
  busy.forEach((row) => row.setAttribute("aria-busy", "true"));
  underway += 1;
  try {
    const came = await ask(address, { method: "POST", body: new URLSearchParams(body) });
    const answer = came.querySelector("[data-answer]");
    if (!answer) throw new Error("The answer is another page"); // signed out, perhaps
    place([...answer.querySelectorAll("[data-row]")]);
    say([...answer.querySelector("[data-said]").childNodes], answer.hasAttribute("data-wrong"));
    return !answer.hasAttribute("data-wrong");
  } catch {
    say(queue.dataset.failed, true);
    stand(busy[0]);
    return false;
  } finally {
    underway -= 1;
    busy.forEach((row) => row.removeAttribute("aria-busy"));
    if (!underway && !open().length) refill();
  }
}

function place(answered) {
  for (const row of answered) {
    const old = list.querySelector(`[data-row="${row.dataset.row}"]`);
    if (!old) continue;
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(row);
    if (hadFocus || (document.activeElement === document.body && current === row.dataset.row)) stand(row);
  }
}

/* All are decided: fetch what waits now, below what was decided, so that it can still be undone. */
async function refill() {
  const address = queue.dataset.onward ? queue.querySelector("[data-following] a")?.href : queue.dataset.refill;
  if (!address) return;
  try {
    const came = await ask(new URL(address, location.href));
    for (const part of ["[data-places]", "[data-following]", "[data-empty]"]) {
      document.querySelector(part)?.replaceWith(came.querySelector(part));
    }
    const known = new Set(rows().map((row) => row.dataset.row));
    const fresh = [...came.querySelectorAll("[data-row]")].filter((row) => !known.has(row.dataset.row));
    list.append(...fresh);
    if (fresh.length) stand(fresh[0]);
    else queue.querySelector("[data-empty]").hidden = false;
  } catch {
    say(queue.dataset.failed, true);
  }
}

/* A button of the form, pressed by hand or by its key. */
function press(button) {
  const row = rowOf(button);
  if (row?.hasAttribute("aria-busy")) return;
  const data = new FormData(queue, button);
  const chosen = data.getAll("reply");
  const busy = row ? [row] : button.dataset.bulk ? chosen.map((key) => list.querySelector(`[data-row="${key}"]`)) : [];
  if (button.dataset.bulk && !chosen.length) return say(queue.dataset.none, true);
  if (row && "undo" in button.dataset) stand(row);
  else if (busy.length) goOn(busy);
  send(button.formAction, data, busy);
  const message = queue.querySelector("[data-message]");
  if (button.dataset.key === "r" || button.dataset.key === "x" || button.dataset.bulk) {
    message.open = false;
    message.querySelector("textarea").value = ""; // it was for this one alone
  }
}

queue.addEventListener("submit", (event) => {
  if (!event.submitter?.formAction || event.submitter.closest(".queue-rulings")) return;
  event.preventDefault();
  press(event.submitter);
});
queue.addEventListener("focusin", ({ target }) => (current = rowOf(target)?.dataset.row ?? current));
queue.addEventListener("click", (event) => {
  const link = event.target.closest("[data-sanction]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  decideAbout(link);
});

/* -- Sanctions -- */
function decideAbout(link) {
  const form = dialog.querySelector("form");
  form.reset();
  form.action = link.dataset.sanction;
  dialog.querySelector("[data-whom]").textContent = link.dataset.name;
  dialog.querySelector("[data-wrong]").textContent = "";
  dialog.dataset.author = rowOf(link).dataset.author;
  dialog.showModal();
  dialog.querySelector("[name=kind]:checked").focus();
}

dialog.querySelector("[data-dismiss]").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => stand(here()));
dialog.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const data = new FormData(event.target);
  const own = rows().filter((row) => row.dataset.author === dialog.dataset.author);
  own.forEach((row) => data.append("shown", row.dataset.row));
  const address = event.target.action;
  dialog.close();
  if (await send(address, data, own)) stand(open().find((row) => row.dataset.row === current) ?? here());
});

/* -- Keys -- */
const WITH_ROW = new Set("arxoflpb");
const MOVES = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

function choose(number) {
  const reason = queue.querySelector("[data-reason]");
  if (!reason?.options[number]) return false;
  reason.selectedIndex = number;
  say(`${queue.dataset.chosen} ${reason.selectedOptions[0].textContent}`);
  return true;
}

function takeBack() {
  const own = here()?.querySelector("[data-undo]");
  const last = status.querySelector("[data-undo]");
  if (own ?? last) press(own ?? last);
}

function act(key) {
  const row = here();
  if (key in MOVES) walk(MOVES[key]);
  else if (WITH_ROW.has(key)) row?.querySelector(`[data-key="${key}"]`)?.click();
  else if (key === "u") takeBack();
  else if (key === "s") row?.querySelector("[data-select]")?.click();
  else if (key === "A" || key === "R") queue.querySelector(`[data-bulk="${key}"]`)?.click();
  else if (key === "m") write();
  else if (key === "?") document.getElementById("desk-keys").togglePopover();
  else return /^[0-9]$/.test(key) && choose(Number(key));
  return true;
}

function write() {
  const message = queue.querySelector("[data-message]");
  message.open = true;
  message.querySelector("textarea").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.target.matches(WRITING)) {
    if (event.key === "Escape" && queue.contains(event.target)) stand(here() ?? rows()[0]);
    return;
  }
  if (act(event.key)) event.preventDefault();
});

stand(open()[0]);
