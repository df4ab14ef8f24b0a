/* Replies in place. [data-answer] opens the form under its reply; [data-reply-form] is sent without leaving the page,
   and what was typed is kept until it is posted; a recommendation is counted where it stands. */
const status = document.querySelector("[data-reply-status]");
const FORM = "form[data-reply-form]";
const box = (form) => form.elements.comment;
const key = (form) => `reply:${new URL(form.action).pathname}#${form.elements.reply_to?.value ?? ""}`;

function parsed(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content.firstElementChild;
}

async function ask(address, options) {
  const response = await fetch(address, { ...options, headers: { "X-Fragment": "1" } });
  if (response.status >= 500) throw new Error(address);
  return response;
}

/* What was typed here before: the page was left, or there was no connection. Storage may be switched off. */
function remember(form, text) {
  try {
    if (text) sessionStorage.setItem(key(form), text);
    else sessionStorage.removeItem(key(form));
  } catch {
    return;
  }
}

function recall(form) {
  try {
    if (!box(form).value) box(form).value = sessionStorage.getItem(key(form)) ?? "";
  } catch {
    return;
  }
}

async function open(link) {
  const row = link.closest(".reply");
  let place = row.querySelector(":scope > [data-reply-box]");
  if (!place) {
    try {
      place = parsed(await (await ask(link.href)).text());
    } catch {
      return location.assign(link.href);
    }
    if (!place?.matches("[data-reply-box]")) return location.assign(link.href);
    row.querySelector(":scope > [data-reply-box]")?.remove();
    row.querySelector(":scope > .reply-body").after(place);
    const form = place.querySelector(FORM);
    if (form) recall(form);
  }
  place.querySelector("textarea")?.focus();
}

function close(place) {
  const link = place.closest(".reply")?.querySelector(":scope > .reply-body [data-answer]");
  if (!link) return;
  place.remove();
  link.focus();
}

async function send(form, submitter) {
  if (form.hasAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  try {
    const body = new URLSearchParams(new FormData(form, submitter));
    const response = await ask(form.action, { method: "POST", body });
    if (response.redirected) return location.assign(response.url);
    const came = parsed(await response.text());
    if (response.status === 201) return put(form, came, response.headers.get("Location"));
    if (!came?.matches("[data-reply-box]")) throw new Error(form.action);
    (form.closest("[data-reply-box]") ?? form).replaceWith(came);
    const next = came.querySelector(FORM);
    if (next) remember(next, box(next).value);
    const focus = came.querySelector("[data-focus], [role=alert], textarea");
    if (!focus.matches("textarea, [tabindex]")) focus.tabIndex = -1;
    focus.focus();
  } catch {
    say(status.dataset.offline, form);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

/* Said to those who hear the page, and above the box to those who see it. */
function say(words, form) {
  status.textContent = words;
  const note = form.querySelector("[data-reply-offline]") ?? document.createElement("p");
  note.dataset.replyOffline = "";
  note.className = "form-errors";
  note.textContent = words;
  form.prepend(note);
}

/* The new reply where it belongs: below what it answers, else at the end of the list. */
function put(form, reply, permalink) {
  remember(form, "");
  const answered = document.getElementById(`reply-${form.elements.reply_to?.value}`);
  const list = answered ?? document.querySelector("#replies");
  if (document.getElementById(reply.id) || !list || !reply.matches(".reply")) return location.assign(permalink);
  let place = list.querySelector(":scope > .reply-list, :scope > .reply-rows > .reply-list");
  if (!place) {
    place = document.createElement("ol");
    place.className = "reply-list";
    list.append(place);
    list.querySelectorAll(".empty").forEach((empty) => empty.remove());
  }
  place.append(reply);
  clear(form, answered);
  reply.tabIndex = -1;
  reply.focus();
  status.textContent = reply.querySelector(".reply-state")?.textContent ?? status.dataset.posted;
  document.dispatchEvent(new CustomEvent("fragment", { detail: reply }));
}

function clear(form, answered) {
  if (answered) return form.closest("[data-reply-box]").remove();
  box(form).value = "";
  box(form).removeAttribute("aria-invalid");
  form.querySelectorAll("[data-reply-note], [data-reply-offline]").forEach((note) => note.remove());
}

async function recommend(form, submitter) {
  if (form.hasAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  const foot = form.closest(".reply-foot");
  try {
    const body = new URLSearchParams(new FormData(form, submitter));
    const response = await ask(form.action, { method: "POST", body });
    const came = parsed(await response.text())?.querySelector(".reply-foot");
    if (response.redirected || !came) throw new Error(form.action);
    foot.replaceWith(came);
    came.querySelector("form[action$='/recommend/'] button")?.focus();
  } catch {
    HTMLFormElement.prototype.submit.call(withValue(form, submitter));
  }
}

function withValue(form, submitter) {
  const wanted = document.createElement("input");
  wanted.type = "hidden";
  wanted.name = submitter.name;
  wanted.value = submitter.value;
  form.append(wanted);
  return form;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".reply :is(a[data-answer], [data-reply-box] a[data-reply-cancel])");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.matches("[data-answer]")) open(link);
  else close(link.closest("[data-reply-box]"));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const isRecommendation = form.matches(".reply-foot form[action$='/recommend/']");
  if (!isRecommendation && !form.matches(FORM)) return;
  event.preventDefault();
  (isRecommendation ? recommend : send)(form, event.submitter);
});

document.addEventListener("input", (event) => {
  const form = event.target.closest(FORM);
  if (form) remember(form, box(form).value);
});

document.addEventListener("keydown", (event) => {
  const place = event.key === "Escape" && !event.defaultPrevented && event.target.closest(".reply > [data-reply-box]");
  if (place) close(place);
});

document.querySelectorAll(FORM).forEach(recall);
