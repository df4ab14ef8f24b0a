/* Footnotes: a number in the sentence, its text written in a dialog with bold, italic and links. */

import { Bold, Document, Editor, History, Italic, Node, Paragraph, Text } from "django-prose-editor/editor"

import { open } from "./dialog.js"
import { element } from "./dom.js"
import { Link } from "./nodes.js"

const MARKS = ["a", "strong", "em", "s", "sub", "sup", "code"]

/* What a note holds, as markup, without anything but marks. */
function saidIn(dom) {
  const copy = dom.cloneNode(true)
  for (const inner of copy.querySelectorAll("*")) {
    if (!MARKS.includes(inner.localName)) inner.replaceWith(...inner.childNodes, " ")
    else for (const { name } of [...inner.attributes]) if (name !== "href") inner.removeAttribute(name)
  }
  return copy.innerHTML.trim()
}

function written(html) {
  const template = document.createElement("template")
  template.innerHTML = html
  return template.content
}

export const Footnote = Node.create({
  name: "footnote",
  group: "inline",
  inline: true,
  atom: true,
  addOptions() {
    return { desk: null }
  },
  addAttributes() {
    return { html: { default: "", rendered: false, parseHTML: saidIn } }
  },
  parseHTML() {
    return [{ tag: "span[data-footnote]" }]
  },
  renderHTML({ node }) {
    const span = element("span", { "data-footnote": true })
    span.append(written(node.attrs.html))
    return span
  },
  renderText() {
    return ""
  },
  addNodeView() {
    return ({ node, getPos, editor }) => {
      const { desk } = this.options
      const dom = element("button", { type: "button", class: "node-note", contenteditable: "false", "aria-label": desk.words.footnote })
      dom.title = written(node.attrs.html).textContent
      dom.addEventListener("click", async () => {
        const html = await writeNote(desk, node.attrs.html)
        if (html === null) return
        const at = getPos()
        editor.chain().command(({ tr }) => Boolean(html ? tr.setNodeMarkup(at, null, { html }) : tr.delete(at, at + 1))).focus().run()
      })
      return { dom, ignoreMutation: () => true, stopEvent: (event) => event.type !== "dragstart" }
    }
  },
})

/* The text of a note as markup; empty to take it away, null when dismissed. */
export function writeNote(desk, html = "") {
  const { words } = desk
  const mount = element("div", { class: "editor-note" })
  let shown = null
  const keep = () => shown.dialog.answer(saidIn(mount.querySelector(".ProseMirror")))
  const small = new Editor({
    element: mount,
    extensions: [Document, Paragraph, Text, Bold, Italic, Link.configure({ openOnClick: false, autolink: false }), History],
    content: html ? `<p>${html}</p>` : "",
    injectCSS: false,
    editorProps: {
      attributes: { "aria-label": words.footnoteText, role: "textbox", "aria-multiline": "true" },
      transformPastedHTML: desk.plainly,
      handleKeyDown: (view, event) => {
        if (event.key === "Enter") keep()
        else if (event.key === "Escape") shown.dialog.close()
        else if (!(event.key === "k" && (event.ctrlKey || event.metaKey))) return false
        else desk.editLink(small)
        event.preventDefault()
        return true
      },
    },
  })
  const done = element("button", { type: "button", class: "button" }, words.keep)
  done.addEventListener("click", keep)
  shown = open(words.footnote, [mount, done], words)
  small.commands.focus("end")
  return shown.answered.finally(() => small.destroy())
}
