/* The parts of a series are dragged into order, which numbers them. Without it: type the numbers. */

const list = document.querySelector("[data-series-parts]")
let dragged = null

function number() {
  ;[...list.children].forEach((row, index) => {
    row.querySelector("input").value = index + 1
  })
}

if (list && !list.querySelector("input:disabled")) {
  for (const row of list.children) {
    row.draggable = true
    row.addEventListener("dragstart", (event) => {
      dragged = row
      event.dataTransfer.effectAllowed = "move"
      event.dataTransfer.setData("text/plain", "")
    })
    row.addEventListener("dragend", () => (dragged = null))
  }
  list.addEventListener("dragover", (event) => {
    const over = dragged && event.target.closest("li")
    if (!over) return
    event.preventDefault()
    const box = over.getBoundingClientRect()
    if (over !== dragged) over[event.clientY < box.y + box.height / 2 ? "before" : "after"](dragged)
  })
  list.addEventListener("drop", (event) => {
    if (!dragged) return
    event.preventDefault()
    number()
  })
}
