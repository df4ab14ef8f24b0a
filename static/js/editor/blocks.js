/* What can be put into a story, once: the toolbar shows it as buttons, the menu behind "/" as a list. */

import { askLine, chooseDocument, chooseEmbed, chooseGallery, chooseLink, choosePicture, chooseStory } from "./dialogs.js"
import { writeNote } from "./footnote.js"

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

/* Set, change or take away the link at the selection; without one the link's own words are put in. */
export async function editLink(editor, desk) {
  const link = await chooseLink(desk, editor.getAttributes("link").href ?? "")
  if (link === null) return
  const chain = editor.chain().focus().extendMarkRange("link")
  if (!link.href) chain.unsetLink().run()
  else if (editor.state.selection.empty && !editor.isActive("link")) {
    chain.insertContent([{ type: "text", text: link.text, marks: [{ type: "link", attrs: { href: link.href } }] }]).unsetMark("link").run()
  } else chain.setLink({ href: link.href }).run()
}

export async function editCaption(editor, desk) {
  const caption = await askLine(desk, desk.words.table, desk.words.tableCaption, editor.getAttributes("table").caption ?? "")
  if (caption !== null) editor.chain().focus().updateAttributes("table", { caption: caption || null }).run()
}

export async function addFootnote(editor, desk) {
  const html = await writeNote(desk)
  if (html) editor.chain().focus().setTextSelection(editor.state.selection.to).insertContent({ type: "footnote", attrs: { html } }).run()
  else editor.commands.focus()
}

const box = (words) => ({
  type: "factBox",
  content: [{ type: "heading", attrs: { level: 3 }, content: [{ type: "text", text: words.boxTitle }] }, { type: "paragraph" }],
})

/* name → what it does and, where that can be told, whether it is on. */
export const BLOCKS = {
  h2: { run: (e) => e.chain().focus().toggleHeading({ level: 2 }).run(), isOn: (e) => e.isActive("heading", { level: 2 }) },
  h3: { run: (e) => e.chain().focus().toggleHeading({ level: 3 }).run(), isOn: (e) => e.isActive("heading", { level: 3 }) },
  bullets: { run: (e) => e.chain().focus().toggleBulletList().run(), isOn: (e) => e.isActive("bulletList") },
  numbers: { run: (e) => e.chain().focus().toggleOrderedList().run(), isOn: (e) => e.isActive("orderedList") },
  picture: { run: async (e, desk) => insert(e, "picture", (await choosePicture(desk))?.key) },
  gallery: { run: async (e, desk) => insert(e, "gallery", (await chooseGallery(desk))?.join(" ")) },
  quote: { run: (e) => e.chain().focus().toggleQuote("block").run(), isOn: (e) => e.isActive("quote", { kind: "block" }) },
  pull: { run: (e) => e.chain().focus().toggleQuote("pull").run(), isOn: (e) => e.isActive("quote", { kind: "pull" }) },
  readAlso: { run: async (e, desk) => insert(e, "readAlso", (await chooseStory(desk))?.key) },
  embed: { run: async (e, desk) => insert(e, "embed", await chooseEmbed(desk)) },
  attachment: { run: async (e, desk) => insert(e, "attachment", (await chooseDocument(desk))?.key) },
  box: { run: (e, desk) => e.chain().focus().insertContent(box(desk.words)).run(), isOn: (e) => e.isActive("factBox") },
  table: { run: (e) => e.chain().focus().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run() },
  rule: { run: (e) => e.chain().focus().setHorizontalRule().run() },
  paywall: { run: (e) => put(e, { type: "paywall" }) },
}
