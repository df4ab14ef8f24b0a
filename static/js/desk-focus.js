/* The focal point on a picture's own page; the cuts beside follow. Without this: the two numbers. */

import { focusFrame } from "./editor/focus.js"

for (const figure of document.querySelectorAll("[data-focus]")) {
  const [across, down] = figure.dataset.focus.split(" ").map((id) => document.getElementById(id))
  if (!across || !down) continue // who may only look has no fields
  const said = figure.querySelector("[data-focus-said]")
  const cuts = document.querySelectorAll("[data-focus-cut]")
  const label = figure.querySelector("figcaption").textContent
  let first = true
  focusFrame(figure.querySelector("img"), across, down, label, (x, y) => {
    for (const cut of cuts) cut.style.objectPosition = `${x}% ${y}%`
    if (said && !first) said.textContent = said.dataset.words.replace("{x}", Math.round(x)).replace("{y}", Math.round(y))
    first = false
  })
}
