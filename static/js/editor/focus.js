/* A picture on which the focal point is set: press or drag on it, or move the ring with the arrow keys. */

import { element } from "./dom.js"

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const NEAR = 2, FAR = 10 // percent

/* `picture` in a frame with a ring; `across` and `down` are inputs of percents from the left and the top.
   `shown(x, y)` is told of every place, as text. */
export function focusFrame(picture, across, down, label, shown = () => {}) {
  const mark = element("span", { class: "desk-focus-mark" })
  const frame = element("div", { class: "desk-focus-frame", tabindex: 0, role: "application", "aria-label": label })
  const show = () => {
    mark.style.left = `${across.value}%`
    mark.style.top = `${down.value}%`
    shown(across.value, down.value)
  }
  const put = (x, y) => {
    across.value = Math.min(100, Math.max(0, x)).toFixed(1)
    down.value = Math.min(100, Math.max(0, y)).toFixed(1)
    show()
  }
  const point = (event) => {
    const box = picture.getBoundingClientRect()
    put(((event.clientX - box.left) / box.width) * 100, ((event.clientY - box.top) / box.height) * 100)
  }
  picture.draggable = false
  if (picture.isConnected) picture.replaceWith(frame)
  frame.append(picture, mark)
  frame.addEventListener("pointerdown", (event) => {
    frame.setPointerCapture(event.pointerId)
    point(event)
  })
  frame.addEventListener("pointermove", (event) => frame.hasPointerCapture(event.pointerId) && point(event))
  frame.addEventListener("keydown", (event) => {
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    const by = event.shiftKey ? FAR : NEAR
    put(Number(across.value) + step[0] * by, Number(down.value) + step[1] * by)
  })
  for (const input of [across, down]) input.addEventListener("input", show)
  show()
  return frame
}
