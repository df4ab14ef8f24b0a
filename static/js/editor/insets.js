/* What stands in a story as a whole and is changed in a dialog: pictures, galleries, files, embeds, read also, divider.

   Each is written as `articles/editor.py` names it: one element whose attribute holds a key. A selected one is
   changed by Enter, or by its buttons, which Tab reaches; Delete takes it away. */

import { Node, mergeAttributes } from "django-prose-editor/editor"

import { chooseDocument, chooseEmbed, chooseGallery, chooseStory } from "./dialogs.js"
import { element } from "./dom.js"

const button = (label, run, name = null) => {
  const made = element("button", { type: "button", class: "node-button", "aria-label": name, title: name }, label)
  made.addEventListener("click", run)
  return made
}

/* A node of `tag` with a key in `attribute`. `draw(frame)` fills `frame.dom` for `frame.node`, again when its key
   changes; `frame.keep(key)` stores a new key. */
const atom = (name, tag, attribute, draw) =>
  Node.create({
    name,
    group: "block",
    atom: true,
    draggable: true,
    addOptions() {
      return { desk: null }
    },
    addAttributes() {
      return {
        key: {
          default: null,
          parseHTML: (dom) => dom.getAttribute(attribute),
          renderHTML: ({ key }) => ({ [attribute]: key }),
        },
      }
    },
    parseHTML() {
      return [{ tag: `${tag}[${attribute}]`, priority: 60 }]
    },
    renderHTML({ HTMLAttributes }) {
      return [tag, mergeAttributes(HTMLAttributes)]
    },
    addNodeView() {
      return ({ node, getPos, editor }) => {
        const dom = element(tag, { class: `node node-${name}`, contenteditable: "false" })
        const keep = (key) => key && editor.commands.command(({ tr }) => Boolean(tr.setNodeMarkup(getPos(), null, { key })))
        const frame = { dom, node, keep, editor, desk: this.options.desk }
        draw(frame)
        return {
          dom,
          ignoreMutation: () => true,
          stopEvent: (event) => Boolean(event.target.closest("button")),
          update(changed) {
            if (changed.type !== frame.node.type) return false
            if (changed.attrs.key !== frame.node.attrs.key) {
              frame.node = changed
              draw(frame)
            }
            return true
          },
        }
      }
    },
  })

/* The divider: everybody reads what stands above it. */
export const Paywall = atom("paywall", "hr", "data-paywall", () => {}).extend({
  addAttributes() {
    return { key: { default: "here", parseHTML: () => "here", renderHTML: () => ({ "data-paywall": "here" }) } }
  },
  addNodeView() {
    return ({ editor }) => ({
      dom: element("div", { class: "node node-paywall", contenteditable: "false" }, editor.storage.words.paywall),
    })
  },
})

const lacksAlt = (picture, words) => (picture.alt ? [] : [element("strong", { class: "node-lacks" }, words.noAlt)])

export const Picture = atom("picture", "figure", "data-picture", async ({ dom, node, keep, desk }) => {
  const picture = await desk.pictures.get(node.attrs.key)
  if (!picture) return dom.replaceChildren(element("p", {}, desk.words.missingPicture))
  const change = async () => {
    const chosen = await desk.choosePicture(picture)
    if (chosen?.key === picture.key) Picture.redraw(dom, chosen, desk.words)
    else keep(chosen?.key)
  }
  dom.replaceChildren(
    element("img", { src: picture.thumbnail, alt: picture.alt, width: picture.width, height: picture.height }),
    element("p", { class: "node-line" }, ...lacksAlt(picture, desk.words), [picture.caption, picture.credit].filter(Boolean).join(" · ")),
    button(desk.words.change, change),
  )
})

/* New words of the same picture, in its place. */
Picture.redraw = (dom, picture, words) => {
  dom.querySelector("img").alt = picture.alt
  dom.querySelector(".node-line").replaceChildren(...lacksAlt(picture, words), [picture.caption, picture.credit].filter(Boolean).join(" · "))
}

export const Gallery = atom("gallery", "figure", "data-gallery", async ({ dom, node, keep, desk }) => {
  const { words } = desk
  const keys = node.attrs.key.split(" ").filter(Boolean)
  const pictures = await Promise.all(keys.map((key) => desk.pictures.get(key)))
  const focused = document.activeElement?.dataset.act && dom.contains(document.activeElement) ? document.activeElement.dataset.act : null
  const act = (name, at, label, title, after) => {
    const made = button(label, () => keep(after.join(" ")), title)
    made.dataset.act = `${name} ${keys[at]}`
    return made
  }
  const moved = (from, to) => keys.with(from, keys[to]).with(to, keys[from])
  const cells = pictures.map((picture, at) => element("li", {},
    picture ? element("img", { src: picture.thumbnail, alt: picture.alt }) : element("p", {}, words.missingPicture),
    element("span", { class: "node-tools" },
      at > 0 ? act("earlier", at, "←", words.earlier, moved(at, at - 1)) : null,
      at < keys.length - 1 ? act("later", at, "→", words.later, moved(at, at + 1)) : null,
      keys.length > 2 ? act("out", at, "×", words.remove, keys.toSpliced(at, 1)) : null)))
  const add = button(words.addPictures, async () => keep((await chooseGallery(desk, keys))?.join(" ")))
  dom.replaceChildren(element("span", { class: "node-label" }, `${words.gallery} · ${keys.length}`), element("ul", {}, ...cells), add)
  if (focused) (dom.querySelector(`[data-act="${focused}"]`) ?? add).focus()
})

/* A line that says what stands here, and the button that changes it. */
const line = (dom, label, text, words, change) =>
  dom.replaceChildren(element("span", { class: "node-label" }, label), element("span", { class: "node-line" }, text), button(words.change, change))

export const ReadAlso = atom("readAlso", "aside", "data-read-also", async ({ dom, node, keep, desk }) => {
  const story = await desk.stories.get(node.attrs.key)
  const text = story ? `${story.headline} · ${story.note}` : desk.words.missingStory
  line(dom, desk.words.readAlso, text, desk.words, async () => keep((await chooseStory(desk))?.key))
})

export const Attachment = atom("attachment", "figure", "data-file", async ({ dom, node, keep, desk }) => {
  const file = await desk.files.get(node.attrs.key)
  const text = file ? `${file.headline} · ${file.note}` : desk.words.missingDocument
  line(dom, desk.words.attachment, text, desk.words, async () => keep((await chooseDocument(desk))?.key))
})

export const Embed = atom("embed", "figure", "data-embed", async ({ dom, node, keep, desk }) => {
  const { words } = desk
  const address = node.attrs.key
  const change = async () => keep(await chooseEmbed(desk, address))
  line(dom, words.embed, address, words, change)
  const found = await desk.embeds.get(address)
  if (!found) return
  const how = found.provider ? words.inPlace.replace("{provider}", found.provider) : words.asCard.replace("{host}", found.host)
  line(dom, found.provider || words.embed, `${found.title || address} · ${how}`, words, change)
})
