/* An issue on the desk: its stories are dragged into order, its button says the moment, its progress is looked at again.
   Without it: numbers and buttons for the order, and the page as it was loaded. */

import { fetchFragment, replace } from "./fragments.js"

const LOOK_AGAIN = 5000
const form = document.querySelector("form[data-issue]")

/* Rows follow what drags them; their numbers follow the rows. */
function order(list) {
  let dragged = null
  for (const row of list.children) {
    row.addEventListener("pointerdown", ({ target }) => (row.draggable = !target.closest("input, select, button, a")))
    row.addEventListener("dragstart", (event) => {
      dragged = row
      event.dataTransfer.effectAllowed = "move"
      event.dataTransfer.setData("text/plain", "")
    })
    row.addEventListener("dragend", () => {
      dragged = null
      ;[...list.children].forEach((each, index) => (each.querySelector('[name^="place-"]').value = index + 1))
      list.dispatchEvent(new Event("input", { bubbles: true }))
    })
  }
  list.addEventListener("dragover", (event) => {
    const over = dragged && event.target.closest("[data-issue-story]")
    if (!over) return
    event.preventDefault()
    const box = over.getBoundingClientRect()
    if (over !== dragged) over[event.clientY < box.y + box.height / 2 ? "before" : "after"](dragged)
  })
  list.addEventListener("drop", (event) => event.preventDefault())
}

/* The button says when, as it is typed. */
function promise(button) {
  const at = form.querySelector("[name=at]")
  const plain = button.textContent
  const language = document.documentElement.lang || "en-GB"
  const shape = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" }
  const show = () => {
    const moment = Date.parse(`${at.value}Z`)
    button.textContent = Number.isNaN(moment) ? plain : button.dataset.issueLater.replace("{moment}", new Intl.DateTimeFormat(language, shape).format(moment))
  }
  at.addEventListener("input", show)
  show()
}

/* Look at the progress again while something moves and somebody looks. */
async function watch() {
  const part = document.querySelector("[data-issue-watch]")
  if (!part) return
  const isBusy = document.hidden || part.querySelector("details[open]") || part.contains(document.activeElement)
  try {
    if (!isBusy) replace(part, (await fetchFragment(location.href)).html)
  } finally {
    setTimeout(watch, LOOK_AGAIN)
  }
}

if (form) {
  const list = form.querySelector("[data-issue-stories]")
  if (list) order(list)
  promise(form.querySelector("[data-issue-later]"))
  for (const line of form.querySelectorAll("#id_subject, #id_preheader")) {
    line.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return
      event.preventDefault()
      form.querySelector(line.id === "id_subject" ? "#id_preheader" : "#id_intro").focus()
    })
  }
  form.querySelector("[data-issue-find]").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return
    event.preventDefault()
    form.requestSubmit(form.querySelector('[name=press][value="find"]'))
  })
}
setTimeout(watch, LOOK_AGAIN)
