/* The story form: its keys, leaving with unsaved words, length hints, the primary button's promise. */

const form = document.querySelector("[data-desk-form]")
const primary = form?.querySelector("[data-primary]")
const WRITING = "input, textarea, select, [contenteditable]"

function guard() {
  let changed = Boolean(form.querySelector(".desk-errors"))
  form.addEventListener("input", ({ target }) => (changed ||= target.form === form || !target.form))
  form.addEventListener("submit", () => (changed = false))
  window.addEventListener("beforeunload", (event) => changed && event.preventDefault())
}

function keys() {
  document.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase()
    if (event.key === "?" && !event.target.closest(WRITING)) {
      event.preventDefault()
      document.getElementById("desk-keys").togglePopover()
    } else if (!(event.ctrlKey || event.metaKey)) return
    else if (key === "s") press(event, form.querySelector("[data-save]"))
    else if (key === "p" && event.shiftKey) press(event, primary)
  })
}

function press(event, button) {
  event.preventDefault()
  if (!document.querySelector("dialog[open]")) form.requestSubmit(button)
}

function lengths() {
  for (const output of form.querySelectorAll("[data-length-of]")) {
    const field = document.getElementById(output.dataset.lengthOf)
    const best = Number(field.dataset.length)
    const show = () => {
      const length = [...field.value.trim()].length
      output.textContent = length ? `${length} / ${best}` : ""
      output.classList.toggle("is-long", length > best)
    }
    field.addEventListener("input", show)
    show()
  }
}

/* Headlines and standfirsts are one line of thought: Enter goes on to the next field. In no line does it send. */
function oneLine() {
  const next = { id_kicker: "#id_headline", id_headline: "#id_standfirst", id_standfirst: ".ProseMirror, #id_full_text" }
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.form !== form) return
    const goal = next[event.target.id]
    if (!goal && (!event.target.matches("input") || event.target.type === "checkbox")) return
    event.preventDefault()
    if (goal) form.querySelector(goal)?.focus()
  })
}

/* The primary button says what it will do at the moment that is typed, in the site's time, wherever the browser is. */
function promise() {
  const said = primary?.dataset
  const [at, embargo] = ["published_at", "embargo_until"].map((name) => form.querySelector(`[name=${name}]`))
  if (!said?.now || !at) return
  const opened = instant(said.siteNow)
  const show = () => {
    const now = opened + performance.now()
    const [planned, held] = [at, embargo].map((field) => (field?.value ? instant(field.value) : 0))
    const later = planned > now
    const [words, moment] =
      held > Math.max(now, planned) ? [said.embargoLabel, held]
      : later ? [said.laterLabel, planned]
      : planned ? [said.datedLabel, planned]
      : [said.nowLabel, now]
    primary.formAction = later ? said.later : said.now
    primary.textContent = words.replace("{moment}", `${spoken(moment, now)} ${said.zone}`)
  }
  at.addEventListener("input", show)
  embargo?.addEventListener("input", show)
}

/* A moment typed in the site's time, as a number: only to be compared with others made here. */
const instant = (local) => Date.parse(`${local}Z`)

/* `Tue 3 Nov, 06:00`, the year only where it is not this one: as the desk writes it. */
function spoken(moment, now) {
  const shape = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" }
  const language = document.documentElement.lang || "en-GB"
  const parts = new Intl.DateTimeFormat(language, shape).formatToParts(moment)
  const { weekday, day, month, year, hour, minute } = Object.fromEntries(parts.map(({ type, value }) => [type, value]))
  const sameYear = new Date(moment).getUTCFullYear() === new Date(now).getUTCFullYear()
  return `${weekday} ${day} ${month}${sameYear ? "" : ` ${year}`}, ${hour}:${minute}`
}

/* The tier matters only for patrons' stories. */
function tiers() {
  const audience = form.querySelector("#id_audience")
  const tier = form.querySelector('[data-field="minimum_tier"]')
  if (!audience || !tier) return
  const show = () => (tier.hidden = audience.value !== "patrons")
  audience.addEventListener("change", show)
  show()
}

/* A menu closes where somebody presses elsewhere, chooses, or Escape. */
function menus() {
  for (const menu of form.querySelectorAll("details[data-closes]")) {
    document.addEventListener("click", ({ target }) => {
      if (!menu.contains(target) || target.closest("a, [popovertarget]")) menu.open = false
    })
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return
      menu.open = false
      menu.querySelector("summary").focus()
    })
  }
}

if (form) [guard, keys, lengths, oneLine, promise, tiers, menus].forEach((part) => part())
