/* Forms and links with data-fragment are fetched at their own address; the answer takes the place of their
   nearest [data-fragment-target], or of the element their own data-fragment-target selects. */

export async function fetchFragment(address, options = {}) {
  const response = await fetch(address, { ...options, headers: { "X-Fragment": "1" }, credentials: "same-origin" });
  const isHtml = (response.headers.get("Content-Type") || "").startsWith("text/html");
  if (!isHtml || response.status >= 500) throw new Error(`No fragment at ${address}`);
  return { ok: response.ok, html: await response.text() };
}

export function replace(target, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  const first = holder.content.firstElementChild;
  target.replaceWith(holder.content);
  document.dispatchEvent(new CustomEvent("fragment", { detail: first }));
  return first;
}

function targetOf(element) {
  const selector = element.dataset.fragmentTarget;
  return selector ? document.querySelector(selector) : element.closest("[data-fragment-target]");
}

async function swap(event, element, address, options) {
  const target = targetOf(element);
  if (!target || element.hasAttribute("aria-busy")) return;
  event.preventDefault();
  element.setAttribute("aria-busy", "true");
  try {
    const { html } = await fetchFragment(address, options);
    const first = replace(target, html);
    const focus = first && (first.querySelector("[data-focus]") || first.closest("[tabindex]"));
    if (focus) focus.focus();
  } catch {
    element.removeAttribute("aria-busy");
    element.removeAttribute("data-fragment");
    if (element instanceof HTMLFormElement) element.requestSubmit(event.submitter);
    else element.click();
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-fragment]");
  if (!form) return;
  const data = new FormData(form, event.submitter);
  const address = new URL(event.submitter?.getAttribute("formaction") || form.action);
  if (form.method === "post") return swap(event, form, address, { method: "POST", body: new URLSearchParams(data) });
  address.search = new URLSearchParams(data);
  return swap(event, form, address);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-fragment]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  swap(event, link, link.href);
});
