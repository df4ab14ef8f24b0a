/* The row of buttons above the text. Words rather than pictures: each says what it does. */

import { element } from "./dom.js"
import { askLine, chooseLink, choosePicture, chooseStory } from "./dialogs.js"

/* A block that is put in stays selected, and whatever is typed next would replace it: go on below it. */
function put(editor, content) {
  editor.chain().focus().insertContent(content).run()
  const { selection, doc } = editor.state
  if (!selection.node) return
  const below = selection.to
  if (!doc.resolve(below).nodeAfter?.isTextblock) editor.commands.insertContentAt(below, { type: "paragraph" })
  editor.chain().focus().setTextSelection(below + 1).run()
}

const insert = (editor, type, key) => key && put(editor, { type, attrs: { key } })

export async function editLink(editor, desk) {
  const address = await chooseLink(desk, editor.getAttributes("link").href ?? "")
  if (address === null) return
  const chain = editor.chain().focus().extendMarkRange("link")
  if (!address) chain.unsetLink().run()
  else if (editor.state.selection.empty && !editor.isActive("link")) {
    chain.insertContent({ type: "text", text: address, marks: [{ type: "link", attrs: { href: address } }] }).run()
  } else chain.setLink({ href: address }).run()
}

async function editCaption(editor, desk) {
  const caption = await askLine(desk, desk.words.table, desk.words.tableCaption, editor.getAttributes("table").caption ?? "")
  if (caption !== null) editor.chain().focus().updateAttributes("table", { caption: caption || null }).run()
}

const box = (words) => ({
  type: "factBox",
  content: [{ type: "heading", attrs: { level: 3 }, content: [{ type: "text", text: words.boxTitle }] }, { type: "paragraph" }],
})

/* [name, label, run(editor, desk), is it on, is it shown] in groups. */
const groups = (words) => [
  [
    ["bold", "B", (e) => e.chain().focus().toggleBold().run(), (e) => e.isActive("bold")],
    ["italic", "I", (e) => e.chain().focus().toggleItalic().run(), (e) => e.isActive("italic")],
    ["link", words.link, editLink, (e) => e.isActive("link")],
  ],
  [
    ["h2", "H2", (e) => e.chain().focus().toggleHeading({ level: 2 }).run(), (e) => e.isActive("heading", { level: 2 })],
    ["h3", "H3", (e) => e.chain().focus().toggleHeading({ level: 3 }).run(), (e) => e.isActive("heading", { level: 3 })],
    ["bullets", "•", (e) => e.chain().focus().toggleBulletList().run(), (e) => e.isActive("bulletList")],
    ["numbers", "1.", (e) => e.chain().focus().toggleOrderedList().run(), (e) => e.isActive("orderedList")],
  ],
  [
    ["quote", "“ ”", (e) => e.chain().focus().toggleQuote("block").run(), (e) => e.isActive("quote", { kind: "block" })],
    ["pull", words.pull, (e) => e.chain().focus().toggleQuote("pull").run(), (e) => e.isActive("quote", { kind: "pull" })],
    ["picture", words.picture, async (e, desk) => insert(e, "picture", (await choosePicture(desk))?.key)],
    ["readAlso", words.readAlso, async (e, desk) => insert(e, "readAlso", (await chooseStory(desk))?.key)],
    ["box", words.box, (e) => e.chain().focus().insertContent(box(words)).run(), (e) => e.isActive("factBox")],
    ["table", words.table, (e) => e.chain().focus().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run()],
    ["embed", words.embed, async (e, desk) => insert(e, "embed", await askLine(desk, words.embed, words.address, "https://"))],
    ["rule", "—", (e) => e.chain().focus().setHorizontalRule().run()],
    ["paywall", words.paywallButton, (e) => put(e, { type: "paywall" })],
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
