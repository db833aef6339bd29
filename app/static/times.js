// Instants in the reader's own time: the page brings them in UTC, which stays at hand as a title.

import { whenReleased } from "./press.js";

const INSTANT = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
const UNITS = [
  ["year", 31_536_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const MOMENT = 45;
const MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
const IN_TEXT = new RegExp(`(\\b\\d{1,2} (?:${MONTHS}) \\d{4}, \\d\\d:\\d\\d UTC)`);
const LOCALE = document.documentElement.lang;
const instant = new Intl.DateTimeFormat("en-GB", { ...INSTANT, hourCycle: "h23" });
const span = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

/**
 * Say the instants below an element in local time; those with `data-relative` also by their distance.
 *
 * @param {ParentNode} root
 */
export function showTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    if (!time.title) time.title = time.textContent.trim();
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue; // a name may look like one
    const local = instant.format(at);
    if ("relative" in time.dataset) {
      time.textContent = distance((at.getTime() - Date.now()) / 1000);
      time.title = `${local} (${time.dataset.utc ??= time.title})`;
    } else time.textContent = local;
  }
}

/**
 * Put a sentence of ours into an element, its instants in local time.
 *
 * @param {Element} element
 * @param {string} sentence
 */
export function say(element, sentence) {
  const parts = sentence.split(IN_TEXT).map((part, number) => {
    const at = new Date(part.replace(",", ""));
    if (number % 2 === 0 || Number.isNaN(at.getTime())) return part;
    const time = document.createElement("time");
    time.dateTime = at.toISOString();
    time.textContent = part;
    return time;
  });
  element.replaceChildren(...parts);
  showTimes(element);
}

/**
 * Return a distance in words, such as `in 90 days` or `2 minutes ago`.
 *
 * @param {number} seconds from now; below zero before now
 */
function distance(seconds) {
  if (Math.abs(seconds) < MOMENT) return "just now";
  const [unit, size] = UNITS.find(([, least]) => Math.abs(seconds) >= least * 0.99) ?? UNITS[3];
  return span.format(Math.round(seconds / size), unit);
}

/** Say every instant of the page in local time. */
function showAll() {
  showTimes(document);
  for (const option of document.querySelectorAll("option")) {
    const local = option.text.replace(IN_TEXT, (text) => {
      const at = new Date(text.replace(",", ""));
      return Number.isNaN(at.getTime()) ? text : instant.format(at);
    });
    if (local !== option.text) option.text = local;
  }
}

whenReleased(document.documentElement, showAll);
