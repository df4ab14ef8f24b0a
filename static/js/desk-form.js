/* The story form: the keyboard's save, leaving with unsaved words, length hints, the primary button's promise. */

const form = document.querySelector("[data-desk-form]")

function guard() {
  let changed = Boolean(form.querySelector(".desk-errors"))
  form.addEventListener("input", () => (changed = true))
  form.addEventListener("submit", () => (changed = false))
  window.addEventListener("beforeunload", (event) => changed && event.preventDefault())
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return
    event.preventDefault()
    form.requestSubmit(form.querySelector("[data-save]"))
  })
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

/* Headlines and standfirsts are one line of thought: Enter goes on to the next field. */
function oneLine() {
  const headline = form.querySelector("#id_headline")
  headline?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return
    event.preventDefault()
    form.querySelector("#id_standfirst").focus()
  })
}

function promise() {
  const button = form.querySelector("[data-primary][data-now]")
  const field = form.querySelector("[name=published_at]")
  if (!button || !field) return
  const show = () => {
    const at = field.value ? new Date(field.value) : null
    const later = at && at > new Date()
    button.formAction = later ? button.dataset.later : button.dataset.now
    button.textContent = later ? `${button.dataset.laterLabel} ${said(at)} ${button.dataset.zone}` : button.dataset.nowLabel
  }
  field.addEventListener("input", show)
}

function said(moment) {
  const sameDay = moment.toDateString() === new Date().toDateString()
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
  const day = sameDay ? {} : { weekday: "short", day: "numeric", month: "short" }
  return new Intl.DateTimeFormat(document.documentElement.lang || "en-GB", { ...day, ...time }).format(moment)
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

if (form) [guard, lengths, oneLine, promise, tiers].forEach((part) => part())
