/* Turns every `textarea[data-story-editor]` into the story editor. Without it the textarea shows the HTML. */

import * as tiptap from "django-prose-editor/editor"

import { editLink } from "./blocks.js"
import { choosePicture } from "./dialogs.js"
import { Shelf, ask, element } from "./dom.js"
import { Footnote } from "./footnote.js"
import * as insets from "./insets.js"
import { stored, wording } from "./markup.js"
import * as nodes from "./nodes.js"
import { plainly } from "./paste.js"
import { Slash } from "./slash.js"
import { toolbar } from "./toolbar.js"

const { Editor, Extension, Placeholder, TrailingNode } = tiptap
const ours = { ...nodes, ...insets, Footnote }
const needDesk = new Set([...Object.keys(insets), "Footnote"])

/* What the whole desk shares: words, addresses, and pictures and stories already looked up. */
function deskOf(textarea) {
  const { words, addresses } = JSON.parse(textarea.dataset.storyEditor)
  const token = textarea.form.querySelector("[name=csrfmiddlewaretoken]").value
  const desk = { words, addresses, token }
  desk.pictures = new Shelf(addresses.pictures, "key")
  desk.stories = new Shelf(addresses.stories, "key")
  desk.files = new Shelf(addresses.documents, "key")
  desk.embeds = { get: async (address) => (await ask(addresses.embeds, { keys: address })).results[0] ?? null }
  desk.editLink = (editor) => editLink(editor, desk)
  desk.plainly = (html) => plainly(html) ?? ""
  desk.choosePicture = (current) => choosePicture(desk, current)
  return desk
}

const Words = (desk) =>
  Extension.create({
    name: "words",
    addStorage: () => desk.words,
    addKeyboardShortcuts: () => ({
      "Mod-k": ({ editor }) => Boolean(editLink(editor, desk)),
      Enter: ({ editor }) => change(editor),
    }),
  })

/* Open what changes the selected node; false where it is text or has nothing to change. */
function change(editor) {
  const { node, from } = editor.state.selection
  const dom = node?.isAtom ? editor.view.nodeDOM(from) : null
  const button = dom?.matches?.("button") ? dom : dom?.querySelector?.(":scope > .node-button")
  button?.click()
  return Boolean(button)
}

function extensionsFor(options, desk) {
  const chosen = Object.entries(options).map(([name, settings]) => {
    const extension = ours[name] ?? tiptap[name]
    if (!extension) throw new Error(`The editor has no extension ${name}.`)
    return extension.configure(needDesk.has(name) ? { ...settings, desk } : settings)
  })
  return [...chosen, Words(desk), Slash(desk), TrailingNode, Placeholder.configure({ placeholder: desk.words.begin })]
}

function start(textarea) {
  const desk = deskOf(textarea)
  const { extensions } = JSON.parse(textarea.dataset.storyEditor)
  const mount = element("div", { class: "editor-text prose" })
  const status = element("p", { class: "editor-status", role: "status" })
  let isRefused = false
  const paste = (html) => {
    const found = plainly(html)
    isRefused = found === null
    if (isRefused) status.textContent = desk.words.tooLong
    return found ?? ""
  }
  const refuse = () => {
    const was = isRefused
    isRefused = false
    return was
  }
  const editor = new Editor({
    element: mount,
    extensions: extensionsFor(extensions, desk),
    content: textarea.value,
    injectCSS: false, // the policy allows no inline style; desk.css has its rules
    editorProps: { transformPastedHTML: paste, handlePaste: refuse, attributes: { "aria-label": desk.words.text, role: "textbox", "aria-multiline": "true" } },
  })
  const frame = element("div", { class: "editor" }, toolbar(editor, desk), mount, status)
  textarea.before(frame)
  textarea.hidden = true
  if (wording(textarea.value) !== wording(editor.getHTML())) frame.prepend(element("p", { class: "editor-warning" }, desk.words.simplified))
  const count = () => (status.textContent = counted(editor, desk.words))
  editor.on("update", () => {
    textarea.value = stored(editor.getHTML())
    textarea.dispatchEvent(new Event("input", { bubbles: true }))
    count()
  })
  count()
  textarea.storyEditor = editor
  textarea.dispatchEvent(new CustomEvent("story-editor:ready", { bubbles: true }))
}

function counted(editor, words) {
  const text = editor.state.doc.textBetween(0, editor.state.doc.content.size, " ", " ")
  const count = text.split(/\s+/).filter(Boolean).length
  if (!count) return ""
  return words.count.replace("{words}", count.toLocaleString()).replace("{minutes}", Math.max(1, Math.round(count / 220)))
}

document.querySelectorAll("textarea[data-story-editor]").forEach(start)
