/* What our stories are made of beyond plain text: what is written into. Each writes exactly the markup `articles/editor.py` names. */

import {
  Blockquote as PlainBlockquote,
  Heading as PlainHeading,
  Link as PlainLink,
  Node,
  OrderedList as PlainOrderedList,
  Table as PlainTable,
  TableHeader as PlainTableHeader,
} from "django-prose-editor/editor"

const kept = (name) => ({ [name]: { default: null } })

export const Heading = PlainHeading.extend({
  addAttributes() {
    return { ...this.parent?.(), ...kept("id") }
  },
})

/* The package's own dialog would open beside ours. */
export const Link = PlainLink.extend({
  addKeyboardShortcuts() {
    return {}
  },
})

export const Blockquote = PlainBlockquote.extend({
  addAttributes() {
    return kept("cite")
  },
})

export const OrderedList = PlainOrderedList.extend({
  addAttributes() {
    return { start: { default: 1, parseHTML: (list) => Number.parseInt(list.getAttribute("start"), 10) || 1 } }
  },
  addNodeView() {
    return null
  },
})

export const TableHeader = PlainTableHeader.extend({
  addAttributes() {
    return { ...this.parent?.(), ...kept("scope") }
  },
})

export const Table = PlainTable.extend({
  addAttributes() {
    return {
      ...this.parent?.(),
      caption: {
        default: null,
        parseHTML: (table) => table.querySelector(":scope > caption")?.textContent.trim() || null,
        renderHTML: ({ caption }) => (caption ? { "data-caption": caption } : {}),
      },
    }
  },
  parseHTML() {
    return [{ tag: "table" }, { tag: "caption", ignore: true }]
  },
  renderHTML({ node }) {
    const { caption } = node.attrs
    return caption ? ["table", {}, ["caption", {}, caption], ["tbody", 0]] : ["table", {}, ["tbody", 0]]
  },
})

/* A quotation: what was said, and who said it. `kind` is block or pull. */
export const Quote = Node.create({
  name: "quote",
  group: "block",
  content: "blockquote quoteSource",
  defining: true,
  isolating: true,
  addAttributes() {
    return {
      kind: {
        default: "block",
        parseHTML: (figure) => (figure.dataset.quote === "pull" ? "pull" : "block"),
        renderHTML: ({ kind }) => ({ "data-quote": kind }),
      },
    }
  },
  parseHTML() {
    return [{ tag: "figure[data-quote]" }]
  },
  renderHTML({ HTMLAttributes }) {
    return ["figure", HTMLAttributes, 0]
  },
  addCommands() {
    return { toggleQuote: (kind) => ({ state, dispatch }) => toggleQuote(kind, state, dispatch) }
  },
})

function toggleQuote(kind, state, dispatch) {
  const { $from, $to } = state.selection
  const { quote, blockquote, quoteSource, paragraph } = state.schema.nodes
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    const node = $from.node(depth)
    if (node.type !== quote) continue
    const start = $from.before(depth)
    if (node.attrs.kind !== kind) dispatch?.(state.tr.setNodeMarkup(start, null, { kind }))
    else dispatch?.(state.tr.replaceWith(start, start + node.nodeSize, plain(node, paragraph)))
    return true
  }
  const range = $from.blockRange($to)
  if (!range || range.parent.type.name !== "doc") return false
  const chosen = []
  for (let index = range.startIndex; index < range.endIndex; index += 1) chosen.push(range.parent.child(index))
  if (!chosen.every((node) => node.type === paragraph)) return false
  const made = quote.create({ kind }, [blockquote.create(null, chosen), quoteSource.create()])
  if (!dispatch) return true
  const tr = state.tr.replaceWith(range.start, range.end, made)
  const inside = state.selection.constructor.near(tr.doc.resolve($from.pos + 2)) // the two that opened around it
  dispatch(tr.setSelection(inside).scrollIntoView())
  return true
}

function plain(quote, paragraph) {
  const blocks = []
  quote.firstChild.forEach((block) => blocks.push(block))
  if (quote.lastChild.content.size) blocks.push(paragraph.create(null, quote.lastChild.content))
  return blocks
}

export const QuoteSource = Node.create({
  name: "quoteSource",
  content: "inline*",
  marks: "_",
  defining: true,
  parseHTML() {
    return [{ tag: "figcaption", context: "quote/" }]
  },
  renderHTML() {
    return ["figcaption", 0]
  },
  addKeyboardShortcuts() {
    return { Enter: ({ editor }) => editor.isActive(this.name) && leave(editor) }
  },
})

/* A new paragraph after the outermost block; the way out of quotations and boxes. */
export function leave(editor) {
  const after = editor.state.selection.$to.after(1)
  return editor.chain().insertContentAt(after, { type: "paragraph" }).setTextSelection(after + 1).focus().run()
}

export const FactBox = Node.create({
  name: "factBox",
  group: "block",
  content: "block+",
  defining: true,
  isolating: true,
  parseHTML() {
    return [{ tag: "aside[data-box]" }]
  },
  renderHTML() {
    return ["aside", { "data-box": "fact" }, 0]
  },
  addKeyboardShortcuts() {
    return { "Mod-Enter": ({ editor }) => leave(editor) }
  },
})
