/* [data-live]: asks for entries newer than the page's newest, every ten seconds while they come, up to a minute
   while none do or nobody looks. New ones wait behind a button, so nothing jumps; words put right and entries
   taken off change in place. */
const OFTEN = 10_000;
const SELDOM = 60_000;

function follow(stream) {
  const at = (name, place = stream) => place.querySelector(`[data-live-${name}]`);
  const list = stream.querySelector("ol");
  let wait = OFTEN;
  let etag = "";
  let running = true;
  let timer;

  async function ask() {
    clearTimeout(timer);
    let came = false;
    try {
      came = await look();
    } catch {
      wait = SELDOM; // no connection: the page stays as it is
    }
    if (came === null) return;
    wait = came ? OFTEN : Math.min(wait * 1.5, SELDOM);
    timer = setTimeout(ask, document.hidden ? SELDOM : wait);
  }

  /* True where something happened, false where nothing did, null where there is no more to ask for. */
  async function look() {
    const headers = { ...(etag && { "If-None-Match": etag }), ...("own" in stream.dataset && { "X-Fragment": "1" }) };
    const response = await fetch(`${stream.dataset.live}?after=${stream.dataset.newest}`, { headers, cache: "no-store" });
    if (response.status === 304) return false;
    if (!response.ok) return response.status < 500 ? null : false;
    etag = response.headers.get("ETag") ?? "";
    const came = show(await response.text());
    return running ? came : null;
  }

  /* Whether there are new entries to offer. */
  function show(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    const news = holder.content.firstElementChild;
    const fresh = [...news.querySelectorAll("ol > li")].filter((entry) => !amend(entry) && !("removed" in entry.dataset));
    running = "running" in news.dataset;
    at("state").replaceWith(at("state", news));
    if (news.dataset.label) offer(news, fresh);
    else put(news);
    return Boolean(news.dataset.label);
  }

  /* Whether the entry is on the page already; then it is as it is now. */
  function amend(entry) {
    const old = document.getElementById(entry.id);
    if (!old) return Number(entry.id.slice(6)) <= Number(stream.dataset.newest);
    if ("removed" in entry.dataset) old.remove();
    else if (old.dataset.changed !== entry.dataset.changed) old.replaceWith(entry);
    return true;
  }

  function offer(news, fresh) {
    const button = at("new").querySelector("button") ?? document.createElement("button");
    button.type = "button";
    button.className = "button is-small";
    button.textContent = news.dataset.label;
    button.onclick = () => ("gap" in news.dataset ? location.reload() : insert(news, fresh));
    if (!button.isConnected) at("new").replaceChildren(button);
  }

  function insert(news, fresh) {
    list.prepend(...fresh);
    put(news);
    stream.dataset.newest = news.dataset.newest;
    etag = "";
    at("new").replaceChildren();
    fresh[0].tabIndex = -1;
    fresh[0].focus();
    if (running) ask();
  }

  function put(news) {
    at("keys").replaceWith(at("keys", news));
    document.dispatchEvent(new CustomEvent("fragment", { detail: stream }));
  }

  document.addEventListener("visibilitychange", () => !document.hidden && timer && ask());
  timer = setTimeout(ask, OFTEN);
}

function begin() {
  const stream = document.querySelector("[data-live]:not([data-followed])");
  if (!stream) return;
  stream.dataset.followed = "";
  follow(stream);
}

begin();
document.addEventListener("fragment", begin);
