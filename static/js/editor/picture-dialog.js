/* Pictures: one from the library or uploaded in place, with its words and focal point; or several for a gallery. */

import { field, open, search, send, trouble } from "./dialog.js"
import { element } from "./dom.js"
import { focusFrame } from "./focus.js"

const MOST = 20 // pictures of one gallery

const tile = (picture) => [
  element("img", { src: picture.thumbnail, alt: "", loading: "lazy" }),
  element("span", {}, picture.alt || picture.caption || picture.key),
]

/* A picture of ours, one uploaded in place, or `current` with new words. null: dismissed. */
export function choosePicture(desk, current = null) {
  const { words, addresses } = desk
  let shown = null
  const answer = (picture) => {
    desk.pictures.put(picture)
    shown.dialog.answer(picture)
  }
  const parts = []
  if (current) parts.push(pictureForm(desk, words.pictureWords, current, answer))
  const found = search(addresses.pictures, words, { draw: tile, pick: answer, shape: "is-tiles" })
  parts.push(pictureForm(desk, words.upload, null, answer), element("h3", {}, words.fromLibrary), ...found.parts)
  shown = open(words.picture, parts, words)
  return shown.answered
}

/* The keys of two to twenty pictures in the order they were pressed; null when dismissed. `had` are in it already. */
export function chooseGallery(desk, had = []) {
  const { words, addresses } = desk
  const chosen = [...had]
  let shown = null
  const insert = element("button", { type: "button", class: "button" })
  const count = () => {
    insert.textContent = words.insertGallery.replace("{count}", chosen.length)
    insert.disabled = chosen.length < 2 || chosen.length > MOST
  }
  const mark = (button, key) => {
    button.setAttribute("aria-pressed", String(chosen.includes(key)))
    button.dataset.place = chosen.indexOf(key) + 1
  }
  const draw = (picture) => [element("span", { class: "gallery-place", "data-key": picture.key, "aria-hidden": "true" }), ...tile(picture)]
  const toggle = (picture) => {
    desk.pictures.put(picture)
    if (chosen.includes(picture.key)) chosen.splice(chosen.indexOf(picture.key), 1)
    else chosen.push(picture.key)
    update()
  }
  const found = search(addresses.pictures, words, { draw, pick: toggle, shape: "is-tiles" })
  const update = () => {
    for (const place of found.list.querySelectorAll(".gallery-place")) mark(place.closest("button"), place.dataset.key)
    count()
  }
  new MutationObserver(update).observe(found.list, { childList: true })
  const upload = pictureForm(desk, words.upload, null, (picture) => {
    toggle(picture)
    upload.reset()
    found.input.dispatchEvent(new Event("input"))
  })
  insert.addEventListener("click", () => shown.dialog.answer(chosen))
  count()
  const help = element("p", { class: "desk-dialog-help" }, words.galleryHelp)
  shown = open(words.gallery, [help, insert, upload, element("h3", {}, words.fromLibrary), ...found.parts], words)
  return shown.answered
}

/* The words and focal point of a new picture, or of `current`; `answer` is called with what was stored. */
function pictureForm(desk, title, current, answer) {
  const { words, addresses } = desk
  const file = field(words.file, { type: "file", name: "file", accept: "image/*", required: true })
  const alt = field(words.alt, { type: "text", name: "alt", maxlength: 300, value: current?.alt, required: true })
  const caption = field(words.caption, { type: "text", name: "caption", maxlength: 400, value: current?.caption })
  const credit = field(words.credit, { type: "text", name: "credit", maxlength: 160, value: current?.credit })
  const [across, down] = ["focus_x", "focus_y"].map((name, axis) =>
    element("input", { type: "hidden", name, value: current?.focus?.[axis] ?? 50 }))
  const place = element("div", { class: "desk-dialog-focus" })
  const show = (source) => {
    const picture = element("img", { src: source, alt: "" })
    place.replaceChildren(element("p", { class: "desk-dialog-help" }, words.focus), focusFrame(picture, across, down, words.focus))
  }
  const wrong = trouble()
  const form = element("form", { class: "desk-dialog-upload" }, element("h3", {}, title), current ? null : file.row,
    alt.row, caption.row, credit.row, across, down, place, wrong,
    element("button", { class: "button" }, current ? words.keep : words.uploadNow))
  if (current?.thumbnail) show(current.thumbnail)
  file.input.addEventListener("change", async () => {
    const source = await preview(file.input.files[0])
    if (source) show(source)
    else place.replaceChildren()
  })
  form.addEventListener("reset", () => place.replaceChildren())
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    const picture = await send(addresses.upload, form, wrong, desk, current ? { key: current.key } : {})
    if (picture) answer(picture)
  })
  return form
}

/* A chosen file as an address the page may show; empty for what is no picture. */
function preview(file) {
  if (!file?.type.startsWith("image/")) return Promise.resolve("")
  return new Promise((resolve) => {
    const reader = new FileReader()
    reader.addEventListener("load", () => resolve(reader.result))
    reader.addEventListener("error", () => resolve(""))
    reader.readAsDataURL(file)
  })
}
