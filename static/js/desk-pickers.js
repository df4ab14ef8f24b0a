/* Choosing in a dialog: a story for a related link, a picture for the head of the story. Without it: an address, a list. */

import { choosePicture, chooseStory } from "./editor/dialogs.js"
import { Shelf, element } from "./editor/dom.js"

const about = document.querySelector("[data-story-editor]")

if (about) {
  const { words, addresses } = JSON.parse(about.dataset.storyEditor)
  const token = about.form.querySelector("[name=csrfmiddlewaretoken]").value
  const desk = { words, addresses, token, pictures: new Shelf(addresses.pictures) }
  document.querySelectorAll("[data-choose-story]").forEach((input) => storyPicker(input, desk))
  document.addEventListener("desk:row", ({ detail }) =>
    detail.querySelectorAll("[data-choose-story]").forEach((input) => storyPicker(input, desk)))
  document.querySelectorAll("[data-choose-picture] select").forEach((select) => picturePicker(select, desk))
}

function storyPicker(input, desk) {
  const button = element("button", { type: "button", class: "as-link" }, desk.words.chooseStory)
  const name = element("output", { class: "desk-chosen" }, input.dataset.chooseStory)
  const row = input.closest("[data-row]")
  const ours = (is) => row.classList.toggle("is-ours", is)
  button.addEventListener("click", async () => {
    const story = await chooseStory(desk)
    if (!story) return
    input.value = story.address
    name.textContent = story.headline
    ours(true)
    input.dispatchEvent(new Event("input", { bubbles: true }))
  })
  input.addEventListener("change", () => {
    name.textContent = ""
    ours(false)
  })
  ours(Boolean(input.dataset.chooseStory))
  input.after(name, button)
}

function picturePicker(select, desk) {
  const shown = element("div", { class: "desk-lead" })
  const choose = element("button", { type: "button", class: "desk-second" }, desk.words.picture)
  const drop = element("button", { type: "button", class: "as-link" }, desk.words.remove)
  const draw = (picture) => {
    drop.hidden = !select.value
    shown.replaceChildren(...(picture ? [element("img", { src: picture.thumbnail, alt: picture.alt }), element("p", {}, picture.alt ? "" : desk.words.noAlt, picture.caption)] : []))
  }
  choose.addEventListener("click", async () => {
    const picture = await choosePicture(desk)
    if (!picture) return
    if (![...select.options].some((option) => option.value === String(picture.pk))) select.append(new Option(picture.alt || picture.key, picture.pk))
    select.value = picture.pk
    select.dispatchEvent(new Event("input", { bubbles: true }))
    draw(picture)
  })
  drop.addEventListener("click", () => {
    select.value = ""
    select.dispatchEvent(new Event("input", { bubbles: true }))
    draw(null)
  })
  const chosen = JSON.parse(select.dataset.chosen || "null")
  select.hidden = true
  select.after(shown, choose, drop)
  draw(chosen)
}
