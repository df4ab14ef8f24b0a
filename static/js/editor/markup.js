/* Story HTML as it is stored: what the editor writes, in the one form everybody else reads. */

const onlyChild = (element, name) =>
  element.children.length === 1 && element.childNodes.length === 1 && element.firstElementChild.localName === name

const unwrap = (element) => element.replaceWith(...element.childNodes)

function tidyCell(cell) {
  if (onlyChild(cell, "p")) unwrap(cell.firstElementChild)
}

function tidyItem(item) {
  const [first, ...rest] = item.children
  const onlyLists = rest.every((child) => child.localName === "ul" || child.localName === "ol")
  if (first && first.localName === "p" && item.firstChild === first && onlyLists) unwrap(first)
}

function tidyTable(table) {
  const body = table.querySelector(":scope > tbody")
  if (!body) return
  const head = document.createElement("thead")
  while (body.firstElementChild && isHeading(body.firstElementChild)) head.append(body.firstElementChild)
  if (head.children.length) body.before(head)
  if (!body.children.length) body.remove()
}

const isHeading = (row) => row.children.length > 0 && [...row.children].every((cell) => cell.localName === "th")

/* The stored form of the editor's `html`: no wrapper that says nothing, heading rows in a thead, no empty end. */
export function stored(html) {
  const template = document.createElement("template")
  template.innerHTML = html
  const story = template.content
  story.querySelectorAll("td, th").forEach(tidyCell)
  story.querySelectorAll("li").forEach(tidyItem)
  story.querySelectorAll("table").forEach(tidyTable)
  story.querySelectorAll('ol[start="1"]').forEach((list) => list.removeAttribute("start"))
  story.querySelectorAll("figure[data-quote] > figcaption:empty").forEach((source) => source.remove())
  while (story.lastElementChild?.matches("p:empty")) story.lastElementChild.remove()
  return template.innerHTML
}

/* The text alone, to see whether the editor kept all of it. */
export function wording(html) {
  const template = document.createElement("template")
  template.innerHTML = html
  return template.content.textContent.replace(/\s+/g, "")
}
