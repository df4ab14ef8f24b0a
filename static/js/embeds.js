/* What is shown from elsewhere comes when it is asked for: the button, hidden without this script, puts the frame into
   the place kept free for it. Frames that say how tall they are get that height. */

const ALLOWED = "autoplay; encrypted-media; fullscreen; picture-in-picture"
const SANDBOX = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-forms allow-presentation"
const TALLEST = 4000 // pixels

const buttons = (root) => root.querySelectorAll("[data-load-frame]")

function offer(root) {
  for (const button of buttons(root)) button.hidden = false
}

function load(button) {
  const frame = Object.assign(document.createElement("iframe"), {
    title: button.dataset.title,
    loading: "lazy",
    allow: ALLOWED,
    referrerPolicy: "strict-origin-when-cross-origin",
    src: button.dataset.loadFrame,
  })
  frame.sandbox = SANDBOX
  const place = button.closest(".embed-place")
  place.classList.add("is-loaded")
  place.replaceChildren(frame)
  frame.focus()
}

/* The height a message of Datawrapper, Flourish, Telegram or X names, in pixels; 0 where it names none. */
function heightIn(data) {
  const said = typeof data === "string" ? parsed(data) : data
  const named = said?.["datawrapper-height"] ? Object.values(said["datawrapper-height"])[0]
    : said?.["twttr.embed"]?.params?.[0]?.height ?? said?.height
  return Number.isFinite(Number(named)) ? Math.min(TALLEST, Math.max(0, Number(named))) : 0
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null // said to somebody else
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-load-frame]")
  if (button) load(button)
})
addEventListener("message", ({ source, data }) => {
  const frame = [...document.querySelectorAll(".embed-place iframe")].find(({ contentWindow }) => contentWindow === source)
  const height = frame && frame.closest(".is-post, .is-chart") ? heightIn(data) : 0
  if (height > 80) frame.closest(".embed-place").style.blockSize = `${height}px`
})
document.addEventListener("fragment", () => offer(document))
offer(document)
