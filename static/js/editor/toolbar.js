/* The row of buttons above the text. Words rather than pictures: each says what it does. */

import { BLOCKS, addFootnote, editCaption, editLink } from "./blocks.js"
import { element } from "./dom.js"

const block = (name, label) => [name, label, BLOCKS[name].run, BLOCKS[name].isOn]

/* [name, label, run(editor, desk), is it on, is it shown, can it be pressed] in groups. */
const groups = (words) => [
  [
    ["bold", "B", (e) => e.chain().focus().toggleBold().run(), (e) => e.isActive("bold")],
    ["italic", "I", (e) => e.chain().focus().toggleItalic().run(), (e) => e.isActive("italic")],
    ["link", words.link, editLink, (e) => e.isActive("link")],
    ["footnote", words.footnote, addFootnote],
  ],
  [block("h2", "H2"), block("h3", "H3"), block("bullets", "•"), block("numbers", "1.")],
  [
    block("quote", "“ ”"),
    block("pull", words.pull),
    block("picture", words.picture),
    block("gallery", words.gallery),
    block("readAlso", words.readAlso),
    block("embed", words.embed),
    block("attachment", words.attachment),
    block("box", words.box),
    block("table", words.table),
    block("rule", "—"),
    block("paywall", words.paywallButton),
  ],
  [
    ["rowAfter", words.addRow, (e) => e.chain().focus().addRowAfter().run(), null, (e) => e.isActive("table")],
    ["columnAfter", words.addColumn, (e) => e.chain().focus().addColumnAfter().run(), null, (e) => e.isActive("table")],
    ["rowOut", words.dropRow, (e) => e.chain().focus().deleteRow().run(), null, (e) => e.isActive("table")],
    ["columnOut", words.dropColumn, (e) => e.chain().focus().deleteColumn().run(), null, (e) => e.isActive("table")],
    ["caption", words.tableCaption, editCaption, null, (e) => e.isActive("table")],
    ["tableOut", words.dropTable, (e) => e.chain().focus().deleteTable().run(), null, (e) => e.isActive("table")],
  ],
  [
    ["undo", "↶", (e) => e.chain().focus().undo().run(), null, null, (e) => e.can().undo()],
    ["redo", "↷", (e) => e.chain().focus().redo().run(), null, null, (e) => e.can().redo()],
  ],
]

/* The toolbar of `editor`, kept in step with the selection. Arrow keys move between its buttons. */
export function toolbar(editor, desk) {
  const bar = element("div", { class: "editor-bar", role: "toolbar", "aria-label": desk.words.toolbar })
  const buttons = []
  for (const group of groups(desk.words)) {
    const part = element("div", { class: "editor-group" })
    for (const [name, label, run, isOn, isShown, isAble] of group) {
      const button = element("button", { type: "button", "data-name": name, title: desk.words[name], "aria-label": desk.words[name], tabindex: -1 }, label)
      button.addEventListener("mousedown", (event) => event.preventDefault()) // the text keeps the focus: no letter is lost
      button.addEventListener("click", () => run(editor, desk))
      buttons.push({ button, isOn, isShown, isAble })
      part.append(button)
    }
    bar.append(part)
  }
  buttons[0].button.tabIndex = 0
  bar.addEventListener("keydown", (event) => move(event, buttons.map(({ button }) => button)))
  editor.on("transaction", () => buttons.forEach((entry) => show(entry, editor)))
  buttons.forEach((entry) => show(entry, editor))
  return bar
}

function show({ button, isOn, isShown, isAble }, editor) {
  if (isOn) button.setAttribute("aria-pressed", String(isOn(editor)))
  if (isShown) button.hidden = !isShown(editor)
  if (isAble) button.disabled = !isAble(editor)
}

function move(event, buttons) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  if (!step) return
  const open = buttons.filter((button) => !button.hidden && !button.disabled)
  const next = open[(open.indexOf(document.activeElement) + step + open.length) % open.length]
  buttons.forEach((button) => (button.tabIndex = button === next ? 0 : -1))
  next.focus()
  event.preventDefault()
}
