/* What word processors and other systems put on the clipboard, said in plain markup before the editor reads it.

   The page's policy refuses inline styles, also in pasted text; Google Docs says bold and italic only there and wraps
   everything in a bold that says it is none; Word says lists and headings in styles and classes. What no story holds
   (scripts, styles, pictures by their data, classes) is gone before anything is built from it. */

const LONGEST = 8_000_000 // characters of the clipboard; more is refused
const MOST_LEFT = 1_500_000 // of what is left of it: no story is that long
const TAG = /<[a-z][^>]*>/gi
const STYLE = /\sstyle\s*=/gi
const LOADS = /\s(src|srcset|background|poster|data|on[a-z]+)\s*=/gi
const NOTHING_IN_IT = ["style", "script", "xml", "head", "title", "svg", "object", "noscript", "template"]
const GONE = "meta, link, base, img, picture, source, video, audio, input, button, select, textarea, del, col, colgroup"

/* `html` in plain markup; null where it is too long to take at once. */
export function plainly(html) {
  if (html.length > LONGEST) return null
  const { body } = new DOMParser().parseFromString(harmless(html), "text/html")
  blocksOfWordPress(body)
  body.querySelectorAll(GONE).forEach((element) => element.remove())
  notes(body)
  wordLists(body)
  wordHeadings(body)
  for (const element of [...body.querySelectorAll("[data-style]")]) spoken(element)
  links(body)
  headings(body)
  nestedLists(body)
  quotations(body)
  body.querySelectorAll(":scope > br").forEach((line) => line.remove()) // between blocks, and where a copy ends
  for (const element of body.querySelectorAll("*")) bare(element)
  const left = body.innerHTML
  return left.length > MOST_LEFT ? null : left
}

/* Without what would run, load or be refused by the policy when it is parsed. Every step is linear. */
function harmless(html) {
  let said = html
  for (const name of NOTHING_IN_IT) said = without(said, `<${name}`, `</${name}>`)
  said = said.replace(/<!--more.*?-->/g, '<hr data-paywall="here">')
  said = without(said, "<!--", "-->").replace(/<!\[[^\]>]*\]>/g, "")
  return said.replace(TAG, (tag) => tag.replace(STYLE, " data-style=").replace(LOADS, " data-not-loaded="))
}

/* `text` without everything from `from` to `to`; one that is never closed goes to the end. */
function without(text, from, to) {
  const low = text.toLowerCase()
  const parts = []
  let at = 0
  for (;;) {
    const begin = low.indexOf(from, at)
    if (begin < 0) return parts.length ? parts.join("") + text.slice(at) : text
    const next = low[begin + from.length]
    if (from !== "<!--" && /[\w-]/.test(next ?? "")) { // <header> is no <head>
      parts.push(text.slice(at, begin + from.length))
      at = begin + from.length
      continue
    }
    parts.push(text.slice(at, begin))
    const end = low.indexOf(to, begin)
    if (end < 0) return parts.join("")
    at = end + to.length
  }
}

const styleOf = (element) => (element.dataset.style ?? "").toLowerCase()
const unwrap = (element) => element.replaceWith(...element.childNodes)

function renamed(element, name) {
  const made = element.ownerDocument.createElement(name)
  made.append(...element.childNodes)
  element.replaceWith(made)
  return made
}

/* -- Word ------------------------------------------------------------------------------------------------------ */

const LEVEL = /mso-list:\s*l\d+\s+level(\d+)/
const NUMBERED = /^[(]?[\da-z]{1,4}[.)]/i

/* Paragraphs that only look like a list become one, nested as deep as their level says. */
function wordLists(body) {
  let open = [] // one list per level
  let last = null
  for (const paragraph of [...body.querySelectorAll("p, h1, h2, h3, h4, h5, h6")]) {
    const level = Number(LEVEL.exec(styleOf(paragraph))?.[1] ?? 0)
    if (!level) continue
    if (!last || nextElement(last) !== paragraph) open = []
    const mark = [...paragraph.querySelectorAll("[data-style]")].find((span) => styleOf(span).includes("mso-list"))
    const name = NUMBERED.test(mark?.textContent.trim() ?? "") ? "ol" : "ul"
    mark?.remove()
    const item = body.ownerDocument.createElement("li")
    item.append(...paragraph.childNodes)
    open = open.slice(0, level)
    while (open.length < level) {
      const list = body.ownerDocument.createElement(name)
      const above = open.at(-1)
      if (!above) paragraph.before(list)
      else (above.lastElementChild ?? above.appendChild(body.ownerDocument.createElement("li"))).append(list)
      open.push(list)
    }
    if (open[level - 1].localName !== name) {
      const list = body.ownerDocument.createElement(name)
      if (level === 1) paragraph.before(list)
      else open[level - 2].lastElementChild.append(list)
      open[level - 1] = list
    }
    open[level - 1].append(item)
    paragraph.remove()
    last = open[0]
  }
}

const nextElement = (element) => element.nextElementSibling

function wordHeadings(body) {
  for (const paragraph of body.querySelectorAll("p[class]")) {
    const found = /^Mso(Title|Heading(\d)|(Intense)?Quote)/.exec(paragraph.className)
    if (!found) continue
    if (found[0].endsWith("Quote")) quoted(paragraph)
    else renamed(paragraph, found[2] && found[2] > 2 ? "h3" : "h2")
  }
}

function quoted(paragraph) {
  const quote = paragraph.ownerDocument.createElement("blockquote")
  paragraph.replaceWith(quote)
  quote.append(paragraph)
}

/* Footnotes of Word (`_ftn1`) and Google Docs (`ftnt1`): the text comes to where its number stands. */
function notes(body) {
  for (const mark of [...body.querySelectorAll('a[href*="#_ftn"], a[href*="#ftnt"]')]) {
    const name = decodeURIComponent(mark.hash.slice(1))
    if (/ref/.test(name)) continue // the way back, inside the note
    const anchor = [...body.querySelectorAll("[id], a[name]")].find((one) => one !== mark && [one.id, one.getAttribute("name")].includes(name))
    const text = anchor?.closest("div[id], p, li")
    const note = body.ownerDocument.createElement("span")
    if (text && !text.contains(mark)) {
      text.querySelectorAll('a[href*="ref"]').forEach((back) => back.remove())
      note.setAttribute("data-footnote", "")
      note.textContent = text.textContent.trim()
      const holder = text.parentElement
      text.remove()
      if (holder !== body && !holder.textContent.trim()) ruledOff(holder)
    }
    const place = mark.closest("sup") ?? mark
    place.replaceWith(...(note.textContent ? [note] : []))
  }
}

/* The emptied place of notes goes with the line above it. */
function ruledOff(holder) {
  if (holder.previousElementSibling?.localName === "hr") holder.previousElementSibling.remove()
  holder.remove()
}

/* -- Google Docs ----------------------------------------------------------------------------------------------- */

/* What a style says of an element, as elements. */
function spoken(element) {
  const style = styleOf(element)
  if (element.localName === "b" && /font-weight:\s*(normal|400)/.test(style)) return unwrap(element)
  if (element.localName !== "span") return
  if (/font-weight:\s*(bold|[6-9]00)/.test(style)) wrap(element, "strong")
  if (/font-style:\s*italic/.test(style)) wrap(element, "em")
  if (/line-through/.test(style)) wrap(element, "s")
  if (/vertical-align:\s*super/.test(style)) wrap(element, "sup")
  if (/vertical-align:\s*sub/.test(style)) wrap(element, "sub")
}

function wrap(span, name) {
  const mark = span.ownerDocument.createElement(name)
  mark.append(...span.childNodes)
  span.append(mark)
}

/* Lists right inside lists belong to the item before them. */
function nestedLists(body) {
  for (const list of [...body.querySelectorAll(":is(ul, ol) > :is(ul, ol)")]) {
    if (list.previousElementSibling?.localName === "li") list.previousElementSibling.append(list)
  }
}

/* -- WordPress ------------------------------------------------------------------------------------------------- */

function blocksOfWordPress(body) {
  for (const frame of [...body.querySelectorAll(".wp-block-embed__wrapper, iframe")]) {
    const address = frame.localName === "iframe" ? frame.dataset.notLoaded ?? "" : frame.textContent.trim()
    const figure = body.ownerDocument.createElement("figure")
    figure.setAttribute("data-embed", address.replace(/^\/\//, "https://"))
    const whole = frame.closest("figure") ?? frame
    if (/^(https?:)?\/\/\S+$/.test(address)) whole.replaceWith(figure)
    else frame.remove()
  }
  for (const text of textsOf(body)) text.data = text.data.replace(/\[\/?(caption|gallery|embed|audio|video|playlist)\b[^\]]*\]/g, "")
}

function textsOf(body) {
  const walker = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_TEXT)
  const found = []
  while (walker.nextNode()) if (walker.currentNode.data.includes("[")) found.push(walker.currentNode)
  return found
}

/* A quotation that names its source becomes ours, a pull quote too. */
function quotations(body) {
  for (const quote of [...body.querySelectorAll("blockquote")]) {
    const source = quote.querySelector("cite, footer")
    const isPull = quote.closest("figure")?.className.includes("pullquote") ?? false
    if (quote.closest("figure[data-quote]") || !(source || isPull)) continue
    const figure = body.ownerDocument.createElement("figure")
    figure.setAttribute("data-quote", isPull ? "pull" : "block")
    const said = body.ownerDocument.createElement("figcaption")
    if (source) said.append(...source.childNodes)
    source?.remove()
    const whole = quote.closest("figure") ?? quote
    whole.replaceWith(figure)
    figure.append(quote, said)
  }
}

/* -- All ------------------------------------------------------------------------------------------------------- */

/* A story has two levels of headings. */
function headings(body) {
  body.querySelectorAll("h1").forEach((heading) => renamed(heading, "h2"))
  body.querySelectorAll("h4, h5, h6").forEach((heading) => renamed(heading, "h3"))
  for (const heading of body.querySelectorAll("h2, h3")) {
    heading.querySelectorAll("b, strong").forEach(unwrap)
    if (!heading.textContent.trim()) heading.remove()
  }
}

/* Links lead where they say: not by way of Google, not to places inside the other document, not to scripts. */
function links(body) {
  for (const link of [...body.querySelectorAll("a")]) {
    const address = link.getAttribute("href") ?? ""
    const onward = /^https?:\/\/(www\.)?google\.[a-z.]+\/url\?/.test(address) && new URL(address).searchParams.get("q")
    if (onward) link.setAttribute("href", onward)
    else if (!/^(https?:|mailto:|tel:|\/)/i.test(address)) unwrap(link)
    link.querySelectorAll("u").forEach(unwrap)
  }
}

const KEPT = ["href", "title", "colspan", "rowspan", "scope", "start", "id"]

function bare(element) {
  for (const { name } of [...element.attributes]) {
    const isOurs = /^data-(quote|picture|gallery|embed|file|read-also|box|paywall|footnote|pm-slice)$/.test(name)
    if (!isOurs && !KEPT.includes(name)) element.removeAttribute(name)
    if (name === "id" && !/^h[23]$/.test(element.localName)) element.removeAttribute(name)
  }
}
