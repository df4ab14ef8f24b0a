/* The focal point: press or drag on the picture; arrow keys move it. The cuts beside follow. Without this: the two
   numbers. */

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

for (const figure of document.querySelectorAll("[data-focus]")) {
  const [across, down] = figure.dataset.focus.split(" ").map((id) => document.getElementById(id))
  if (!across || !down) continue // who may only look has no fields
  const picture = figure.querySelector("img")
  const said = figure.querySelector("[data-focus-said]")
  const cuts = document.querySelectorAll("[data-focus-cut]")
  const mark = Object.assign(document.createElement("span"), { className: "desk-focus-mark" })
  const frame = Object.assign(document.createElement("div"), { className: "desk-focus-frame", tabIndex: 0 })
  frame.setAttribute("role", "application")
  frame.setAttribute("aria-label", figure.querySelector("figcaption").textContent)
  picture.replaceWith(frame)
  frame.append(picture, mark)
  const show = () => {
    mark.style.left = `${across.value}%`
    mark.style.top = `${down.value}%`
    for (const cut of cuts) cut.style.objectPosition = `${across.value}% ${down.value}%`
  }
  const put = (x, y) => {
    across.value = Math.min(100, Math.max(0, x)).toFixed(1)
    down.value = Math.min(100, Math.max(0, y)).toFixed(1)
    show()
    if (said) said.textContent = said.dataset.words.replace("{x}", Math.round(x)).replace("{y}", Math.round(y))
  }
  const point = (event) => {
    const box = picture.getBoundingClientRect()
    put(((event.clientX - box.left) / box.width) * 100, ((event.clientY - box.top) / box.height) * 100)
  }
  picture.draggable = false
  frame.addEventListener("pointerdown", (event) => {
    frame.setPointerCapture(event.pointerId)
    point(event)
  })
  frame.addEventListener("pointermove", (event) => frame.hasPointerCapture(event.pointerId) && point(event))
  frame.addEventListener("keydown", (event) => {
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    const far = event.shiftKey ? 10 : 2
    put(Number(across.value) + step[0] * far, Number(down.value) + step[1] * far)
  })
  across.addEventListener("input", show)
  down.addEventListener("input", show)
  show()
}
