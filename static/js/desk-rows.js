/* Rows under a story: add, remove, move. Without it: the rows that are there, a number for the order, a tick to remove. */

import { element } from "./editor/dom.js"

function renumber(list) {
  ;[...list.children].forEach((row, index) => {
    const position = row.querySelector('[name$="-position"]')
    if (position) position.value = index + 1
  })
}

function shift(row, step) {
  const list = row.parentElement
  const other = step < 0 ? row.previousElementSibling : row.nextElementSibling
  if (!other) return
  if (step < 0) other.before(row)
  else other.after(row)
  renumber(list)
  list.dispatchEvent(new Event("input", { bubbles: true }))
}

function furnish(row, words) {
  const position = row.querySelector('[data-row-field="position"]')
  const remove = row.querySelector(".desk-row-out")
  const tools = element("div", { class: "desk-row-tools" })
  if (position) {
    position.hidden = true
    const up = element("button", { type: "button", "aria-label": words.up, title: words.up }, "↑")
    const down = element("button", { type: "button", "aria-label": words.down, title: words.down }, "↓")
    up.addEventListener("click", () => (shift(row, -1), up.focus()))
    down.addEventListener("click", () => (shift(row, 1), down.focus()))
    tools.append(up, down)
  }
  if (remove) {
    const out = element("button", { type: "button", "aria-label": words.out, title: words.out }, "×")
    out.addEventListener("click", () => {
      remove.querySelector("input").checked = true
      row.hidden = true
      row.dispatchEvent(new Event("input", { bubbles: true }))
    })
    remove.hidden = true
    tools.append(out)
  }
  row.append(tools)
}

for (const rows of document.querySelectorAll("[data-rows]")) {
  const list = rows.querySelector("[data-rows-list]")
  const total = rows.querySelector('[name$="-TOTAL_FORMS"]')
  const add = rows.querySelector("[data-rows-add]")
  const empty = rows.querySelector("[data-rows-empty]").innerHTML
  const words = { up: rows.dataset.up ?? "Up", down: rows.dataset.down ?? "Down", out: rows.dataset.out ?? "Remove" }
  ;[...list.children].forEach((row) => furnish(row, words))
  add.hidden = false
  add.addEventListener("click", () => {
    list.insertAdjacentHTML("beforeend", empty.replaceAll("__prefix__", total.value))
    total.value = Number(total.value) + 1
    const row = list.lastElementChild
    furnish(row, words)
    renumber(list)
    document.dispatchEvent(new CustomEvent("desk:row", { detail: row }))
    row.querySelector("input:not([type=hidden]), select")?.focus()
  })
}
