/* The front page on the desk: a story is dragged onto a place. The drop posts the form every button posts. */

const desk = document.querySelector("[data-front-desk]")
const form = desk?.querySelector("[data-front-move]")
let dragged = ""

function placeOf(event) {
  return dragged ? event.target.closest("[data-front-place]") : null
}

function mark(place) {
  for (const marked of desk.querySelectorAll(".is-target")) if (marked !== place) marked.classList.remove("is-target")
  place?.classList.add("is-target")
}

if (form) {
  for (const item of desk.querySelectorAll("[data-front-story]")) {
    item.draggable = true
    item.addEventListener("dragstart", (event) => {
      dragged = item.dataset.frontStory
      event.dataTransfer.effectAllowed = "move"
      event.dataTransfer.setData("text/plain", dragged)
      item.classList.add("is-dragged")
    })
    item.addEventListener("dragend", () => {
      dragged = ""
      item.classList.remove("is-dragged")
      mark(null)
    })
  }
  desk.addEventListener("dragover", (event) => {
    const place = placeOf(event)
    mark(place)
    if (place && place.dataset.frontStory !== dragged) event.preventDefault()
  })
  desk.addEventListener("drop", (event) => {
    const place = placeOf(event)
    if (!place || place.dataset.frontStory === dragged) return
    event.preventDefault()
    form.elements.story.value = dragged
    form.elements.where.value = place.dataset.frontPlace
    form.requestSubmit()
  })
}
