/* The focal point: press on the picture; arrow keys move it. Without it: the two numbers. */

for (const figure of document.querySelectorAll("[data-focus]")) {
  const [across, down] = figure.dataset.focus.split(" ").map((id) => document.getElementById(id))
  const picture = figure.querySelector("img")
  const mark = Object.assign(document.createElement("span"), { className: "desk-focus-mark" })
  const frame = Object.assign(document.createElement("div"), { className: "desk-focus-frame", tabIndex: 0 })
  frame.setAttribute("role", "application")
  frame.setAttribute("aria-label", figure.querySelector("figcaption").textContent)
  picture.replaceWith(frame)
  frame.append(picture, mark)
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
    const step = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, -2], ArrowDown: [0, 2] }[event.key]
    if (!step) return
    event.preventDefault()
    put(Number(across.value) + step[0], Number(down.value) + step[1])
  })
  across.addEventListener("input", show)
  down.addEventListener("input", show)
  show()
}
