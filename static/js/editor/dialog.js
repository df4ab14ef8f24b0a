/* What every dialog of the desk is made of: a modal, a labelled field, a list to choose from. */

import { ask, element } from "./dom.js"

const PAUSE = 200 // milliseconds of silence before asking

/* A modal with `title` and `parts`; `answered` resolves with what `dialog.answer` is given, null when dismissed. */
export function open(title, parts, words) {
  const dismiss = element("button", { type: "button", class: "as-link" }, words.cancel)
  const dialog = element("dialog", { class: "desk-dialog", "aria-label": title },
    element("header", { class: "desk-dialog-head" }, element("h2", {}, title), dismiss), ...parts)
  const answered = new Promise((resolve) => {
    dialog.answer = (value) => {
      resolve(value)
      dialog.close()
    }
    dialog.addEventListener("close", () => {
      resolve(null)
      dialog.remove()
    })
  })
  dismiss.addEventListener("click", () => dialog.close())
  document.body.append(dialog)
  dialog.showModal()
  return { dialog, answered }
}

export function field(label, attributes) {
  const input = element(attributes.rows ? "textarea" : "input", attributes)
  return { input, row: element("label", { class: "desk-dialog-field" }, element("span", {}, label), input) }
}

export const trouble = () => element("p", { class: "desk-dialog-error", role: "alert" })

/* POST `form` with `more` fields; the answer's row, or null with the sentence in `wrong`. */
export async function send(address, form, wrong, { words, token }, more = {}) {
  const button = form.querySelector("button.button")
  const label = button.textContent
  Object.assign(button, { disabled: true, textContent: words.uploading })
  const body = new FormData(form)
  for (const [name, value] of Object.entries(more)) body.set(name, value)
  try {
    const response = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token } })
    const isJson = response.headers.get("Content-Type")?.includes("json")
    const result = isJson ? await response.json() : { error: words.failed }
    if (response.ok && isJson) return result
    wrong.textContent = result.error
  } catch {
    wrong.textContent = words.failed // the line is cut: nothing was sent
  } finally {
    Object.assign(button, { disabled: false, textContent: label })
  }
  return null
}

/* Shows the rows for what is typed; `draw(row)` makes the button, `pick(row, button)` is called with the chosen one.
   The arrow keys walk the list. `enter(text, first)` says what Enter does in the field; `first()` finds the first row. `more` is asked along. */
export function search(address, words, { draw, pick, shape, label = words.search, value = "", enter = null, more = {} }) {
  const { input, row } = field(label, { type: "text", role: "searchbox", enterkeyhint: "search", autocomplete: "off", value }) // of type search, Escape would clear it first
  const list = element("ul", { class: `desk-dialog-list ${shape}` })
  const note = element("p", { class: "desk-dialog-note", role: "status" })
  let last = 0
  let waiting
  const look = async () => {
    clearTimeout(waiting)
    const turn = (last += 1)
    const { results } = await ask(address, { q: input.value.trim(), ...more })
    if (turn !== last) return results
    note.textContent = results.length ? "" : words.nothing
    list.replaceChildren(...results.map((found) => {
      const button = element("button", { type: "button" }, ...draw(found))
      button.addEventListener("click", () => pick(found, button))
      return element("li", {}, button)
    }))
    return results
  }
  input.addEventListener("input", () => {
    clearTimeout(waiting)
    waiting = setTimeout(look, PAUSE)
  })
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") walk(event, list, input)
    if (event.key !== "Enter") return
    event.preventDefault()
    enter?.(input.value.trim(), async () => (await look())[0])
  })
  list.addEventListener("keydown", (event) => walk(event, list, input))
  look()
  return { input, list, parts: [row, note, list] }
}

function walk(event, list, input) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step) return
  const stops = [input, ...list.querySelectorAll("button")]
  event.preventDefault()
  stops[Math.min(stops.length - 1, Math.max(0, stops.indexOf(document.activeElement) + step))].focus()
}
