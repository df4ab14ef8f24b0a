/* Keeps what is written: in this browser at once, on the desk every few seconds. Says who else is here, notices a
   lost session or network before a save does, and has the person sign in within the page. */

import { element } from "./editor/dom.js"

const AT_ONCE = 400, QUIET = 3000, AT_MOST = 10_000, BEAT = 15_000, TRUSTED = 20_000, WAIT = 1500 // milliseconds
const UNKEPT = new Set(["csrfmiddlewaretoken", "copy", "reason"])

const panel = document.querySelector("[data-writing]")
const form = panel?.closest("form")
const about = panel ? JSON.parse(panel.dataset.writing) : null
const { words } = about ?? {}
const shelf = `desk-unsaved:${about?.member}:`

const state = { changed: false, unsent: 0, heard: Date.now(), flight: null, leaving: false, sure: false, asking: false }
const token = () => form.querySelector("[name=csrfmiddlewaretoken]")

function say(where, ...parts) {
  const line = panel.querySelector(`[data-writing-${where}]`)
  line.classList.toggle("is-urgent", where === "line" && (parts.length > 1 || Object.values(words).includes(parts[0])))
  const said = parts.filter(Boolean)
  if (line.textContent !== said.map((part) => part.textContent ?? part).join("")) line.replaceChildren(...said)
}

/* What the form holds now, as it would be posted. */
function written() {
  const fields = new URLSearchParams()
  for (const [name, value] of new FormData(form)) if (!UNKEPT.has(name) && typeof value === "string") fields.append(name, value)
  return fields
}

/* -- In this browser -- */

const nameOf = (key) => `${shelf}${about.story ?? "new"}:${key}`

function keepHere() {
  if (!state.changed) return
  try {
    localStorage.setItem(nameOf(about.key), JSON.stringify({ at: Date.now(), form: written().toString() }))
  } catch (error) {
    if (error.name !== "QuotaExceededError") throw error
    say("line", words.full)
  }
}

const forgetHere = (key) => localStorage.removeItem(nameOf(key))

/* -- On the desk -- */

/* POST to the desk: the answer with its JSON; `offline`, `signedOut` or `refused` where there is none. */
async function post(address, fields, options = {}, again = true) {
  let response
  try {
    response = await fetch(address, {
      method: "POST", body: fields, redirect: "manual", ...options,
      headers: { Accept: "application/json", "X-CSRFToken": token().value },
    })
  } catch {
    return { trouble: "offline" }
  }
  if (response.ok) {
    state.heard = Date.now()
    return response.json()
  }
  if (response.status === 401 || response.type === "opaqueredirect") return { trouble: "signedOut" }
  const answer = response.headers.get("Content-Type")?.includes("json") ? await response.json() : {}
  if (response.status === 403 && answer.token && again && (await session()).trouble === undefined) return post(address, fields, options, false)
  if (answer.said) return { trouble: "said", said: answer.said }
  return { trouble: response.status === 403 || response.status === 404 ? "refused" : "failed" }
}

/* Whose session this is; a token that fits it goes into the form. */
async function session() {
  try {
    const response = await fetch(about.session, { headers: { Accept: "application/json" } })
    if (!response.ok) return { trouble: "failed" }
    const now = await response.json()
    document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((input) => (input.value = now.token))
    if (now.member === about.member) {
      state.heard = Date.now()
      return {}
    }
    return { trouble: now.member === null ? "signedOut" : "somebodyElse" }
  } catch {
    return { trouble: "offline" }
  }
}

function tell(answer) {
  if (!answer.trouble) return say("line", answer.said)
  state.heard = 0 // the next save asks first
  if (answer.trouble !== "signedOut" && answer.trouble !== "somebodyElse") return say("line", answer.said ?? words[answer.trouble])
  const button = element("button", { type: "button", class: "as-link" }, words.signIn)
  button.addEventListener("click", () => signIn().then((done) => done && keepThere()))
  say("line", words[answer.trouble], " ", button)
}

async function keepThere() {
  if (state.leaving || state.flight || state.asking) return
  state.unsent = 0
  state.flight = post(about.keep, written())
  const answer = await state.flight
  state.flight = null
  if (answer.trouble) state.unsent ||= Date.now()
  tell(answer)
}

function typed() {
  state.changed = true
  state.unsent ||= Date.now()
  clearTimeout(state.here)
  clearTimeout(state.there)
  state.here = setTimeout(keepHere, AT_ONCE)
  state.there = setTimeout(keepThere, Math.max(0, Math.min(QUIET, state.unsent + AT_MOST - Date.now())))
}

/* -- What a dead tab left: onto the desk, unless the story says it already -- */

async function leftovers() {
  for (const name of Object.keys(localStorage).filter((key) => key.startsWith(shelf))) {
    const [story, key] = name.slice(shelf.length).split(":")
    if (story !== "new" && story !== String(about.story)) continue
    const { at, form: sent } = JSON.parse(localStorage.getItem(name))
    if (key === about.key && at / 1000 <= about.brought + 1) continue // this very form, shown again
    if (key === about.key && !about.brought) continue
    const fields = new URLSearchParams(sent)
    fields.set("leftover", "1")
    const answer = await post(story === "new" ? about.keepNew : about.keep, fields)
    if (answer.trouble) continue
    localStorage.removeItem(name)
    if (key === about.key) return location.reload()
    if (answer.said && key !== about.waiting && (story !== "new") === Boolean(about.story)) {
      say("line", words.left, " ", element("a", { href: `${about.form}?copy=${key}` }, words.bring))
    }
  }
}

/* -- Other tabs of mine, other people -- */

const tabs = panel && new BroadcastChannel(`desk-story:${about.member}:${about.story ?? about.key}`)
let otherTab = false

function listen() {
  tabs.addEventListener("message", ({ data }) => {
    if (data.key === about.key) return
    if (data.ask) tabs.postMessage({ key: about.key })
    otherTab = !data.gone
    people("")
  })
  tabs.postMessage({ key: about.key, ask: true })
}

let present = ""
let newer = ""
function people(said) {
  present = said || present
  const look = newer && element("a", { href: about.look, target: "_blank", rel: "noopener" }, words.look)
  const parts = [otherTab && words.tab, present, newer, look].filter(Boolean)
  say("people", ...parts.flatMap((part, place) => (place ? [" ", part] : [part])))
}

async function beat() {
  if (!about.heartbeat || state.leaving || state.asking || document.hidden) return
  const fields = new URLSearchParams({ seen: form.elements.seen.value })
  if (state.changed) fields.set("writing", "1")
  const answer = await post(about.heartbeat, fields)
  if (answer.trouble) return tell(answer)
  present = answer.present
  newer = answer.newer
  people("")
  if (state.unsent) keepThere()
}

function leave() {
  keepHere()
  tabs.postMessage({ key: about.key, gone: true })
  if (state.unsent && !state.leaving) post(about.keep, written(), { keepalive: true })
  if (about.heartbeat) post(about.heartbeat, new URLSearchParams({ leaving: "1" }), { keepalive: true })
}

/* -- Saving with a lost session -- */

/* A dialog with the sign-in; true once the right person is signed in. The cursor and the place are as they were.
   Nothing else is asked meanwhile: an answer to the lost session would take the new one's cookie away. */
function signIn() {
  state.asking = true
  const had = document.activeElement
  const place = window.scrollY
  const frame = element("iframe", { class: "signin-frame", src: about.signIn, title: words.signIn })
  const cancel = element("button", { type: "button", class: "as-link" }, words.cancel)
  const note = element("p", { class: "desk-dialog-error", role: "alert" })
  const dialog = element("dialog", { class: "desk-dialog is-signin", "aria-label": words.signIn },
    element("header", { class: "desk-dialog-head" }, element("h2", {}, words.signInHere), cancel), note, frame)
  const news = new BroadcastChannel("desk-session")
  cancel.addEventListener("click", () => dialog.close())
  document.body.append(dialog)
  dialog.showModal()
  return new Promise((resolve) => {
    news.addEventListener("message", async () => {
      const now = await session()
      if (now.trouble) note.textContent = words[now.trouble]
      else dialog.close("in")
    })
    dialog.addEventListener("close", () => {
      state.asking = false
      news.close()
      dialog.remove()
      window.scrollTo({ top: place, behavior: "instant" })
      had?.focus?.({ preventScroll: true })
      resolve(dialog.returnValue === "in")
    })
  })
}

async function send(button) {
  if (state.flight) await Promise.race([state.flight, new Promise((resolve) => setTimeout(resolve, WAIT))])
  const now = await session()
  if (now.trouble === "signedOut" || now.trouble === "somebodyElse") {
    tell(now)
    if (!(await signIn())) return
  } else if (now.trouble) return tell(now)
  state.sure = true
  form.requestSubmit(button)
}

function guardSaving() {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return
    keepHere()
    if (!state.sure && (state.flight || Date.now() - state.heard > TRUSTED)) {
      event.preventDefault()
      send(event.submitter)
      return
    }
    state.leaving = true
    clearTimeout(state.there)
    if (event.submitter?.matches("[data-drop-copy]")) forgetHere(event.submitter.value)
  })
}

if (panel) {
  if (form.querySelector(".desk-errors")) state.changed = true
  form.addEventListener("input", typed)
  form.addEventListener("change", typed)
  guardSaving()
  listen()
  window.addEventListener("pagehide", leave)
  window.addEventListener("online", () => (state.unsent ? keepThere() : beat()))
  window.addEventListener("offline", () => say("line", words.offline))
  document.addEventListener("visibilitychange", () => (document.hidden ? keepHere() : beat()))
  window.addEventListener("pageshow", ({ persisted }) => persisted && Object.assign(state, { leaving: false, sure: false }))
  setInterval(beat, BEAT)
  leftovers().then(beat)
}
