// The search in a long list of projects or MCP servers: by words, and for what is chosen already.

import { isChosen, keyOf, nameOf } from "./rows.js";

const FILTER_FROM = 8;
const FEW = 100;

/**
 * @typedef {object} Entry a row with the text that it is found by: its own and that of the heading above it
 * @property {HTMLLIElement} row
 * @property {import("./rows.js").Field} field
 * @property {HTMLLIElement | null} head
 * @property {string} text
 */

/**
 * Put a filter above a list that is long enough to need one.
 *
 * @param {HTMLFieldSetElement} group
 */
export function addFilter(group) {
  const list = group.querySelector(".rows.lean");
  const entries = list ? entriesOf(list) : [];
  if (entries.length <= FILTER_FROM) return;
  const bar = document.getElementById("filter-bar").content.cloneNode(true);
  const [box, only] = bar.querySelectorAll("input");
  box.placeholder = `Filter ${entries.length} …`;
  box.setAttribute("aria-label", `Filter: ${group.querySelector("legend").firstChild.textContent.trim()}`);
  const apply = applier(list, entries, { box, only, count: bar.querySelector("[role=status]") });
  for (const field of [box, only]) {
    // Neither is part of the choice.
    field.addEventListener("input", (event) => {
      event.stopPropagation();
      apply();
      // What is found must not lie behind the verdict.
      if (list.getBoundingClientRect().top > innerHeight / 3) group.scrollIntoView({ block: "start" });
    });
  }
  listenToKeys(list, entries, box, apply);
  keepTally(list, entries, bar.querySelector("[data-chosen]"));
  list.before(bar);
}

/**
 * @param {HTMLElement} list
 * @returns {Entry[]}
 */
function entriesOf(list) {
  let head = null;
  const found = [];
  for (const row of list.querySelectorAll("li")) {
    if (row.classList.contains("head")) head = row;
    else {
      const field = row.querySelector("input, select");
      found.push({ row, field, head, text: fold(`${nameOf(row)} ${keyOf(field)} ${head?.textContent ?? ""}`) });
    }
  }
  return found;
}

/** Return a text without accents and capitals. */
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * Return the function that shows what fits and hides the rest.
 *
 * @param {HTMLElement} list
 * @param {Entry[]} entries
 * @param {{ box: HTMLInputElement, only: HTMLInputElement, count: HTMLElement }} bar
 */
function applier(list, entries, { box, only, count }) {
  const isLong = list.classList.contains("many");
  return () => {
    const words = fold(box.value).split(/\s+/).filter(Boolean);
    const isOn = words.length > 0 || only.checked;
    // The list keeps its height, or the page would jump at every letter.
    list.style.minHeight = isOn ? list.style.minHeight || `${list.offsetHeight}px` : "";
    const open = new Set();
    let shown = 0;
    for (const { row, field, head, text } of entries) {
      row.hidden = !(words.every((word) => text.includes(word)) && (!only.checked || isChosen(field)));
      if (row.hidden) continue;
      shown += 1;
      open.add(head);
    }
    for (const head of list.querySelectorAll(".head")) head.hidden = !open.has(head);
    for (const part of list.children) part.hidden = !part.querySelector(":not([hidden])");
    list.classList.toggle("many", isLong && shown > FEW);
    const found = shown ? `${shown} of ${entries.length}` : "Nothing fits";
    count.textContent = isOn ? found : "";
  };
}

/**
 * Down leads from the box into the list, Escape back and out of the filter; Enter sends nothing.
 *
 * @param {HTMLElement} list
 * @param {Entry[]} entries
 * @param {HTMLInputElement} box
 * @param {() => void} apply
 */
function listenToKeys(list, entries, box, apply) {
  box.addEventListener("keydown", (event) => {
    if (!["Enter", "Escape", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "ArrowDown") entries.find(({ row, field }) => !row.hidden && !field.disabled)?.field.focus();
    if (event.key !== "Escape") return;
    box.value = "";
    apply();
  });
  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape") box.focus();
  });
}

/**
 * @param {HTMLElement} list
 * @param {Entry[]} entries
 * @param {HTMLElement} chosen where the number of chosen rows stands
 */
function keepTally(list, entries, chosen) {
  const tally = () => {
    chosen.textContent = entries.filter(({ field }) => isChosen(field)).length;
  };
  list.addEventListener("change", tally);
  tally();
}
