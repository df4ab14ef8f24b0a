/* Making elements and asking the desk, in two functions. */

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value)
  }
  made.append(...children.filter((child) => child !== null && child !== ""))
  return made
}

/* GET `address` with `query`; the answer's JSON. Throws where the desk does not answer with one. */
export async function ask(address, query) {
  const response = await fetch(`${address}?${new URLSearchParams(query)}`, { headers: { Accept: "application/json" } })
  if (!response.ok) throw new Error(`${address}: ${response.status}`)
  return response.json()
}

/* Rows by key, fetched together: those asked for in one turn make one request. */
export class Shelf {
  constructor(address, name) {
    Object.assign(this, { address, name, known: new Map(), wanted: null })
  }

  put(row) {
    this.known.set(String(row.key), Promise.resolve(row))
  }

  get(key) {
    const name = String(key)
    if (!this.known.has(name)) this.known.set(name, this.#fetch(name))
    return this.known.get(name)
  }

  async #fetch(key) {
    if (!this.wanted) {
      const keys = []
      const answer = Promise.resolve().then(() => {
        this.wanted = null
        return ask(this.address, { keys: keys.join(",") })
      })
      this.wanted = { keys, answer }
    }
    this.wanted.keys.push(key)
    const { results } = await this.wanted.answer
    return results.find((row) => String(row.key) === key) ?? null
  }
}
