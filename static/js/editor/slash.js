/* "/" at the start of an empty paragraph lists what can be put in; typing filters, arrows and Enter choose. */

import { Extension, Plugin } from "django-prose-editor/editor"

import { BLOCKS } from "./blocks.js"
import { element } from "./dom.js"

const GAP = 4 // pixels between text and menu
const ASKED = /^\/([\p{L}\d ]{0,24})$/u

/* What was typed after "/" where the cursor stands; null where the menu has nothing to do. */
function askedFor({ selection }) {
  const { $from, empty } = selection
  const isPlain = empty && $from.parent.type.name === "paragraph" && $from.parentOffset === $from.parent.content.size
  return isPlain ? ASKED.exec($from.parent.textContent)?.[1].trim().toLowerCase() ?? null : null
}

export const Slash = (desk) =>
  Extension.create({
    name: "slash",
    addProseMirrorPlugins() {
      const menu = new Menu(this.editor, desk)
      return [new Plugin({
        props: { handleKeyDown: (view, event) => menu.key(event) },
        view: () => ({ update: (view) => menu.follow(view), destroy: () => menu.list.remove() }),
      })]
    },
  })

class Menu {
  constructor(editor, desk) {
    Object.assign(this, { editor, desk, found: [], at: 0, dismissed: false })
    this.list = element("ul", { class: "editor-menu", role: "listbox", id: "editor-menu", "aria-label": desk.words.menu, hidden: true })
  }

  follow(view) {
    const asked = askedFor(view.state)
    if (asked === null) this.dismissed = false
    const names = asked === null || this.dismissed || !view.hasFocus() ? [] : Object.keys(BLOCKS)
    const before = this.found.join()
    this.found = names.filter((name) => this.desk.words[name].toLowerCase().includes(asked))
    if (this.found.join() !== before) this.at = 0
    this.draw(view)
  }

  draw(view) {
    this.list.hidden = !this.found.length
    if (this.list.hidden) return view.dom.removeAttribute("aria-activedescendant")
    this.list.replaceChildren(...this.found.map((name, at) => {
      const row = element("li", { role: "option", id: `editor-menu-${name}`, "aria-selected": String(at === this.at) }, this.desk.words[name])
      row.addEventListener("mousedown", (event) => {
        event.preventDefault() // the text keeps the focus
        this.choose(name)
      })
      return row
    }))
    this.place(view)
    view.dom.setAttribute("aria-activedescendant", `editor-menu-${this.found[this.at]}`)
    this.list.children[this.at].scrollIntoView({ block: "nearest" })
  }

  place(view) {
    const frame = view.dom.closest(".editor")
    if (this.list.parentNode !== frame) frame.append(this.list)
    const { left, top, bottom } = view.coordsAtPos(view.state.selection.from)
    const box = frame.getBoundingClientRect()
    const isBelow = bottom + this.list.offsetHeight + GAP < innerHeight || top < this.list.offsetHeight
    this.list.style.insetInlineStart = `${left - box.left}px`
    this.list.style.insetBlockStart = `${(isBelow ? bottom + GAP : top - this.list.offsetHeight - GAP) - box.top}px`
  }

  key(event) {
    if (this.list.hidden) return false
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) this.at = (this.at + step + this.found.length) % this.found.length
    else if (event.key === "Enter" || event.key === "Tab") return this.choose(this.found[this.at])
    else if (event.key === "Escape") Object.assign(this, { dismissed: true, found: [] })
    else return false
    this.draw(this.editor.view)
    return true
  }

  choose(name) {
    const { $from } = this.editor.state.selection
    this.editor.commands.deleteRange({ from: $from.start(), to: $from.end() })
    BLOCKS[name].run(this.editor, this.desk)
    return true
  }
}
