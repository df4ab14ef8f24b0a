/* A picture on which the focal point is set: press on it, or move the ring with the arrow keys. */

import { element } from "./dom.js"

const STEP = 2 // percent

/* `picture` in a frame with a ring; `across` and `down` are inputs of percents from the left and the top. */
export function focusFrame(picture, across, down, label) {
  const mark = element("span", { class: "desk-focus-mark" })
  const frame = element("div", { class: "desk-focus-frame", tabindex: 0, role: "application", "aria-label": label }, picture, mark)
  const show = () => {
    mark.style.left = `${across.value}%`
    mark.style.top = `${down.value}%`
  }
  const put = (x, y) => {
    across.value = Math.min(100, Math.max(0, x)).toFixed(1)
    down.value = Math.min(100, Math.max(0, y)).toFixed(1)
    show()
  }
  frame.addEventListener("pointerdown", (event) => {
    const box = picture.getBoundingClientRect()
    put(((event.clientX - box.left) / box.width) * 100, ((event.clientY - box.top) / box.height) * 100)
  })
  frame.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key]
    if (!step) return
    event.preventDefault()
    put(Number(across.value) + step[0], Number(down.value) + step[1])
  })
  for (const input of [across, down]) input.addEventListener("input", show)
  show()
  return frame
}
