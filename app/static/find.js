// The search for more projects or MCP servers: the server answers with rows, which join those on the page.

import { whenReleased } from "./press.js";

const PAUSE = 200;

/**
 * Let a search field bring rows of the server into the list above it.
 *
 * @param {HTMLElement} place with the address of the search in `data-find-url`
 */
export function addFinder(place) {
  const box = place.querySelector("input");
  const list = place.closest("[data-part]").querySelector("[data-rows]");
  const status = place.querySelector("[data-found]");
  let timer = 0;
  /** @type {AbortController | null} */
  let running = null;
  const find = async () => {
    running?.abort();
    running = new AbortController();
    const words = box.value.trim();
    clear(list);
    status.textContent = "";
    if (!words) return;
    const query = new URLSearchParams({ [box.name]: words });
    try {
      const answer = await fetch(`${place.dataset.findUrl}?${query}`, { signal: running.signal });
      if (!answer.ok || answer.redirected) throw new Error("signed out");
      const html = await answer.text();
      whenReleased(list, () => show(list, status, html));
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = "The search cannot be done now.";
    }
  };
  // What is searched for is no part of the choice.
  box.addEventListener("input", (event) => {
    event.stopPropagation();
    clearTimeout(timer);
    timer = setTimeout(find, PAUSE);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
    if (event.key === "Escape") {
      box.value = "";
      find();
    }
  });
  // Somebody was faster than this script, or the browser filled the field in again.
  if (box.value) find();
}

/**
 * Take found rows off the page that nobody chose.
 *
 * @param {HTMLElement} list
 */
function clear(list) {
  for (const row of list.querySelectorAll("[data-is-found]")) {
    const field = row.querySelector("select[name^='project-'], [name='mcp_servers']");
    if (field.type === "checkbox" ? !field.checked : !field.value) row.remove();
  }
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} status
 * @param {string} html with a list of rows
 */
function show(list, status, html) {
  const found = new DOMParser().parseFromString(html, "text/html").querySelector("ul");
  const shown = found.children.length; // they leave it for the page
  for (const row of found.querySelectorAll("[data-row]")) {
    if (list.closest("form").querySelector(`[data-row="${CSS.escape(row.dataset.row)}"]`)) continue;
    row.dataset.isFound = "";
    list.append(document.adoptNode(row));
  }
  const fitting = Number(found.dataset.fitting);
  status.textContent = fitting > shown ? `${shown} of ${fitting} that fit; say more to see others` : `${fitting} fit`;
  if (!fitting) status.textContent = "Nothing fits";
  list.dispatchEvent(new CustomEvent("rows", { bubbles: true }));
}
