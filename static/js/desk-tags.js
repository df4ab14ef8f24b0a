/* Tags one by one, with suggestions. Without it: words with commas between them. */

import { ask, element } from "./editor/dom.js"

function start(input) {
  const chips = element("ul", { class: "desk-chips" })
  const entry = element("input", { type: "text", autocomplete: "off", list: `${input.id}_known`, id: `${input.id}_entry` })
  const known = element("datalist", { id: `${input.id}_known` })
  const names = input.value.split(",").map((name) => name.trim()).filter(Boolean)

  const keep = () => {
    input.value = names.join(", ")
    input.dispatchEvent(new Event("input", { bubbles: true }))
    draw()
  }
  const draw = () =>
    chips.replaceChildren(...names.map((name, index) => {
      const out = element("button", { type: "button", "aria-label": `× ${name}` }, "×")
      out.addEventListener("click", () => {
        names.splice(index, 1)
        keep()
        entry.focus()
      })
      return element("li", {}, name, out)
    }))
  const take = () => {
    for (const name of entry.value.split(",").map((word) => word.trim()).filter(Boolean)) {
      if (!names.some((had) => had.toLowerCase() === name.toLowerCase())) names.push(name)
    }
    entry.value = ""
    keep()
  }

  entry.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault()
      if (entry.value.trim()) take()
    } else if (event.key === "Backspace" && !entry.value && names.pop()) keep()
  })
  entry.addEventListener("blur", () => entry.value.trim() && take())
  entry.addEventListener("input", async () => {
    const word = entry.value.trim()
    if ([...known.children].some((option) => option.value === word)) return take()
    const { results } = await ask(input.dataset.tags, { q: word })
    if (word === entry.value.trim()) known.replaceChildren(...results.map((name) => element("option", { value: name })))
  })

  document.querySelector(`label[for="${input.id}"]`)?.setAttribute("for", entry.id)
  input.type = "hidden"
  input.before(chips, entry, known)
  draw()
}

document.querySelectorAll("input[data-tags]").forEach(start)
