/* The desk's dialogs: choose a story, choose or upload a picture, set a link, name an address. */

import { ask, element } from "./dom.js"

const PAUSE = 200 // milliseconds of silence before asking

/* A modal with `title` and `parts`; resolves with what `close` is given, null when dismissed. */
function open(title, parts, words) {
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

function field(label, attributes) {
  const input = element(attributes.rows ? "textarea" : "input", attributes)
  return { input, row: element("label", { class: "desk-dialog-field" }, element("span", {}, label), input) }
}

/* Shows the rows for what is typed; `draw(row)` makes the button, `pick(row)` is called with the chosen one. */
function search(address, words, draw, pick, shape) {
  const { input, row } = field(words.search, { type: "search", autocomplete: "off" })
  const list = element("ul", { class: `desk-dialog-list ${shape}` })
  const note = element("p", { class: "desk-dialog-note", role: "status" })
  let last = 0
  const look = async () => {
    const turn = (last += 1)
    const { results } = await ask(address, { q: input.value.trim() })
    if (turn !== last) return
    note.textContent = results.length ? "" : words.nothing
    list.replaceChildren(...results.map((found) => {
      const button = element("button", { type: "button" }, ...draw(found))
      button.addEventListener("click", () => pick(found))
      return element("li", {}, button)
    }))
  }
  let waiting
  input.addEventListener("input", () => {
    clearTimeout(waiting)
    waiting = setTimeout(look, PAUSE)
  })
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault()
  })
  look()
  return { input, parts: [row, note, list] }
}

const storyLine = (story) => [element("span", { class: "desk-dialog-name" }, story.headline), element("small", {}, story.note)]
const pictureTile = (picture) => [
  element("img", { src: picture.thumbnail, alt: "", loading: "lazy" }),
  element("span", {}, picture.alt || picture.caption || picture.key),
]

/* A story of ours, or null. */
export function chooseStory({ words, addresses }) {
  let shown = null
  const found = search(addresses.stories, words, storyLine, (story) => shown.dialog.answer(story), "is-lines")
  shown = open(words.readAlso, found.parts, words)
  found.input.focus()
  return shown.answered
}

/* An address: typed, or that of one of our stories found by its words. null: dismissed; "": no link. */
export function chooseLink({ words, addresses }, current) {
  let shown = null
  const found = search(addresses.stories, words, storyLine, (story) => shown.dialog.answer(story.address), "is-lines")
  const { input, row } = field(words.address, { type: "text", inputmode: "url", value: current, placeholder: "https://…" })
  const form = element("form", { class: "desk-dialog-line" }, row, element("button", { class: "button" }, words.setLink))
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    shown.dialog.answer(complete(input.value.trim()))
  })
  shown = open(words.link, [form, element("h3", {}, words.orStory), ...found.parts], words)
  input.focus()
  return shown.answered
}

const complete = (address) =>
  address && !/^([a-z]+:|\/|#)/i.test(address) ? (address.includes("@") ? `mailto:${address}` : `https://${address}`) : address

/* One line of text, or null. */
export function askLine({ words }, title, label, current = "") {
  let shown = null
  const { input, row } = field(label, { type: "text", value: current })
  const form = element("form", { class: "desk-dialog-line" }, row, element("button", { class: "button" }, words.insert))
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    shown.dialog.answer(input.value.trim())
  })
  shown = open(title, [form], words)
  input.focus()
  return shown.answered
}

/* A picture of ours, one uploaded in place, or `current` with new words. null: dismissed. */
export function choosePicture(desk, current = null) {
  const { words, addresses } = desk
  let shown = null
  const answer = (picture) => {
    desk.pictures.put(picture)
    shown.dialog.answer(picture)
  }
  const parts = []
  if (current) parts.push(uploadForm(desk, words.pictureWords, current, answer))
  const found = search(addresses.pictures, words, pictureTile, answer, "is-tiles")
  parts.push(uploadForm(desk, words.upload, null, answer), element("h3", {}, words.fromLibrary), ...found.parts)
  shown = open(words.picture, parts, words)
  return shown.answered
}

function uploadForm({ words, addresses, token }, title, current, answer) {
  const file = field(words.file, { type: "file", name: "file", accept: "image/*", required: true })
  const alt = field(words.alt, { type: "text", name: "alt", maxlength: 300, value: current?.alt })
  const caption = field(words.caption, { type: "text", name: "caption", maxlength: 400, value: current?.caption })
  const credit = field(words.credit, { type: "text", name: "credit", maxlength: 160, value: current?.credit })
  const wrong = element("p", { class: "desk-dialog-error", role: "alert" })
  const form = element("form", { class: "desk-dialog-upload" }, element("h3", {}, title), current ? null : file.row,
    alt.row, caption.row, credit.row, wrong, element("button", { class: "button" }, current ? words.keep : words.uploadNow))
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    const body = new FormData(form)
    if (current) body.set("key", current.key)
    const response = await fetch(addresses.upload, { method: "POST", body, headers: { "X-CSRFToken": token } })
    const result = response.headers.get("Content-Type")?.includes("json") ? await response.json() : { error: words.failed }
    if (response.ok) answer(result)
    else wrong.textContent = result.error
  })
  return form
}
