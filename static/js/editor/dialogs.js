/* The desk's dialogs: choose a story, set a link, name an address, choose a picture, several, or a file. */

import { field, open, search, send, trouble } from "./dialog.js"
import { element } from "./dom.js"

export { chooseGallery, choosePicture } from "./picture-dialog.js"

const storyLine = (story) => [element("span", { class: "desk-dialog-name" }, story.headline), element("small", {}, story.note)]

/* A story of ours, or null. Enter takes the first. */
export function chooseStory({ words, addresses }) {
  let shown = null
  const answer = (story) => story && shown.dialog.answer(story)
  const enter = async (text, first) => answer(text && await first())
  const found = search(addresses.stories, words, { draw: storyLine, pick: answer, shape: "is-lines", enter })
  shown = open(words.readAlso, found.parts, words)
  found.input.focus()
  return shown.answered
}

/* Where a link leads: `{ href, text }` for an address that was typed, or a story of ours found by its words, whose
   headline is the text. null: dismissed; an empty href: no link. */
export function chooseLink({ words, addresses }, current) {
  let shown = null
  const pick = (story) => story && shown.dialog.answer({ href: story.address, text: story.headline })
  const enter = async (text, first) => {
    if (!text || isAddress(text)) shown.dialog.answer({ href: complete(text), text })
    else pick(await first())
  }
  const found = search(addresses.stories, words, { draw: storyLine, pick, shape: "is-lines", label: words.linkOrStory, value: current, enter, more: { linked: 1 } })
  const set = element("button", { type: "button", class: "button" }, words.setLink)
  set.addEventListener("click", () => found.input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" })))
  const [row, note, list] = found.parts
  const help = element("p", { class: "desk-dialog-help" }, words.linkHelp)
  shown = open(words.link, [element("div", { class: "desk-dialog-line" }, row, set), help, note, list], words)
  found.input.focus()
  found.input.select()
  return shown.answered
}

const isAddress = (text) => /^([a-z][a-z\d+.-]*:|\/|#)/i.test(text) || /^\S+\.[a-z]{2,}(\/\S*)?$/i.test(text)

const complete = (address) =>
  address && !/^([a-z]+:|\/|#)/i.test(address) ? (address.includes("@") ? `mailto:${address}` : `https://${address}`) : address

/* One line of text, or null. `check(line)` gives a sentence where it will not do. */
export function askLine({ words }, title, label, current = "", check = () => "") {
  let shown = null
  const { input, row } = field(label, { type: "text", value: current })
  const wrong = trouble()
  const form = element("form", { class: "desk-dialog-line" }, row, element("button", { class: "button" }, words.insert))
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    wrong.textContent = check(input.value.trim())
    if (!wrong.textContent) shown.dialog.answer(input.value.trim())
  })
  shown = open(title, [form, wrong], words)
  input.focus()
  return shown.answered
}

/* The address of something elsewhere, or null. */
export function chooseEmbed(desk, current = "https://") {
  const check = (line) => (/^https?:\/\/[^\s/]+\.[^\s]+$/i.test(line) ? "" : desk.words.wrongAddress)
  return askLine(desk, desk.words.embed, desk.words.address, current, check)
}

/* A sound or PDF of ours, or one uploaded in place; null when dismissed. */
export function chooseDocument(desk) {
  const { words, addresses } = desk
  let shown = null
  const answer = (file) => {
    desk.files.put(file)
    shown.dialog.answer(file)
  }
  const file = field(words.documentFile, { type: "file", name: "file", accept: "audio/*,.mp3,.m4a,.ogg,.wav,.pdf", required: true })
  const title = field(words.documentTitle, { type: "text", name: "title", maxlength: 200, required: true })
  const wrong = trouble()
  const form = element("form", { class: "desk-dialog-upload" }, element("h3", {}, words.upload), file.row, title.row, wrong,
    element("button", { class: "button" }, words.uploadNow))
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    const made = await send(addresses.uploadDocument, form, wrong, desk)
    if (made) answer(made)
  })
  const found = search(addresses.documents, words, { draw: storyLine, pick: answer, shape: "is-lines" })
  shown = open(words.attachment, [form, element("h3", {}, words.fromLibrary), ...found.parts], words)
  return shown.answered
}
