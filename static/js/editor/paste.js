/* What word processors put on the clipboard, said in plain markup before the editor reads it.

   The page's policy refuses inline styles, also in pasted text; Google Docs says bold and italic only there, and
   wraps everything in a bold that says it is none. */

const TAG = /<[a-z][^>]*>/gi
const SHEET = /<style[\s\S]*?<\/style>/gi
const STYLE = /\sstyle\s*=/gi

/* `html` without styles: what they said of bold and italic is said by elements. */
export function plainly(html) {
  const spoken = html.replace(SHEET, "").replace(TAG, (tag) => tag.replace(STYLE, " data-style="))
  const { body } = new DOMParser().parseFromString(spoken, "text/html")
  body.querySelectorAll("script, meta, link, title").forEach((element) => element.remove())
  for (const element of body.querySelectorAll("[data-style]")) {
    const style = element.dataset.style.toLowerCase()
    element.removeAttribute("data-style")
    if (element.localName === "b" && /font-weight:\s*(normal|400)/.test(style)) element.replaceWith(...element.childNodes)
    else if (element.localName === "span") emphasise(element, style)
  }
  return body.innerHTML
}

function emphasise(span, style) {
  if (/font-weight:\s*(bold|[6-9]00)/.test(style)) wrap(span, "strong")
  if (/font-style:\s*italic/.test(style)) wrap(span, "em")
}

function wrap(span, name) {
  const mark = document.createElement(name)
  mark.append(...span.childNodes)
  span.append(mark)
}
