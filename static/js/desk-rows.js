/* Rows under a story: add, remove, move by drag or by button. Without it: the rows that are there and one to spare, a
   number for the order, a tick to remove. */

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

/* Follow the pointer until it is lifted: mouse, pen and finger alike. */
function drag(row) {
  const list = row.parentElement
  const lifted = new AbortController()
  const follow = ({ clientY }) => {
    const over = [...list.children].find((other) => {
      const { top, bottom } = other.getBoundingClientRect()
      return clientY >= top && clientY < bottom
    })
    if (!over || over === row) return
    const { top, height } = over.getBoundingClientRect()
    const isBelow = Boolean(row.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING)
    if (isBelow === clientY > top + height / 2) over[isBelow ? "after" : "before"](row)
  }
  const drop = () => {
    lifted.abort()
    row.classList.remove("is-dragged")
    renumber(list)
    list.dispatchEvent(new Event("input", { bubbles: true }))
  }
  row.classList.add("is-dragged")
  document.addEventListener("pointermove", follow, { signal: lifted.signal })
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, drop, { signal: lifted.signal })
}

/* What a row is dragged by; the arrow keys move it as well. */
function handle(row, words) {
  const grip = element("button", { type: "button", class: "desk-row-grip", "aria-label": words.drag, title: words.drag }, "⠿")
  grip.addEventListener("pointerdown", (event) => {
    event.preventDefault()
    drag(row)
  })
  grip.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (!step) return
    event.preventDefault()
    shift(row, step)
    grip.focus()
  })
  return grip
}

/* Whether nobody has filled the row in: the spare one of a page without scripts. */
const isSpare = (row) =>
  [...row.querySelectorAll("select, input, textarea")].every(
    ({ name, value }) => !/-(id|author|guest|target|text|title|publisher|role)$/.test(name) || !value,
  )

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
    tools.append(handle(row, words), up, down)
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
  const words = { up: rows.dataset.up ?? "Up", down: rows.dataset.down ?? "Down", out: rows.dataset.out ?? "Remove", drag: rows.dataset.drag ?? "Drag" }
  const spare = [...list.children].filter(isSpare)
  if (rows.dataset.rows === "bylines" && spare.length === list.children.length) spare.shift()
  spare.forEach((row) => row.remove())
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
