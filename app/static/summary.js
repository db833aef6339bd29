// The live sentence: what a choice amounts to. It comes from the server, so that one function decides.

import { whenReleased } from "./press.js";
import { say } from "./times.js";

const PAUSE = 200;
const UNKNOWN = {
  sentence: "The summary cannot be updated now. What you chose is checked when you send it.",
  change: "Not known.",
  details: [],
  notes: [],
  more: "",
  button: "Allow",
};

/**
 * Ask for the sentence anew, a moment after the last change of the form.
 *
 * @param {HTMLFormElement} form with the address of its summary in `data-summary-url`
 */
export function keepSummary(form) {
  let timer = 0;
  /** @type {AbortController | null} */
  let running = null;
  let isAsking = false;
  const sums = form.querySelector(".sums");
  // A screen reader waits with what stands there, and says it when it is about the form as it is now.
  const startAsking = () => {
    isAsking = true;
    sums.ariaBusy = "true";
  };
  const ask = async () => {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    startAsking();
    const tell = (told, isCurrent) =>
      whenReleased(form, () => {
        if (signal.aborted) return;
        show(form, told);
        isAsking = !isCurrent;
        sums.ariaBusy = "false";
      });
    try {
      const body = fieldsOf(form);
      const answer = await fetch(form.dataset.summaryUrl, { method: "POST", body, signal });
      tell(await answer.json(), true);
    } catch {
      // Offline, or signed out meanwhile: an old sentence must not pass for the present one.
      tell(UNKNOWN, false);
    }
  };
  form.addEventListener("input", () => {
    startAsking();
    running?.abort(); // its answer would be about what was chosen before
    name(form);
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  // A request that is decided has no summary any more.
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    running?.abort();
  });
  leadToMissing(form, () => !isAsking);
  // Somebody was faster than this script, or the browser filled the form in again.
  if ([...form.elements].some(isChanged)) ask();
}

/**
 * Say whether a field differs from what the server sent.
 *
 * @param {Element} field
 */
function isChanged(field) {
  if (field instanceof HTMLSelectElement) {
    const sent = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(sent, 0);
  }
  if (!(field instanceof HTMLInputElement) || field.type === "hidden") return false;
  const isTicked = ["checkbox", "radio"].includes(field.type);
  return isTicked ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

/**
 * Return what the form says. A project without access says nothing: with a thousand of them that is
 * most of the form.
 *
 * @param {HTMLFormElement} form
 */
function fieldsOf(form) {
  const said = [...new FormData(form)].filter(([name, value]) => value !== "" || !name.startsWith("project-"));
  return new URLSearchParams(said);
}

/**
 * @typedef {object} Answer what a choice comes to
 * @property {string} sentence
 * @property {string} change
 * @property {string[]} details all that is possible
 * @property {string[]} notes what has no effect
 * @property {string} more what the fold behind the sentence holds, or empty
 * @property {string} [button] what the button says
 * @property {string} [missing] the part of the form in which something must be chosen first
 */

/**
 * @param {HTMLFormElement} form
 * @param {Answer} answer
 */
function show(form, answer) {
  say(form.querySelector("[data-sentence]"), answer.sentence);
  for (const change of form.querySelectorAll("[data-change]")) say(change, answer.change);
  list(form.querySelector("[data-details]"), answer.details);
  list(form.querySelector("[data-notes]"), answer.notes);
  form.querySelector("[data-fold]").hidden = !answer.more;
  form.querySelector("[data-more]").textContent = answer.more;
  name(form, answer.button);
  form.dataset.missing = answer.missing ?? "";
}

/**
 * @param {HTMLUListElement} element
 * @param {string[]} sentences
 */
function list(element, sentences) {
  const items = sentences.map((text) => {
    const item = document.createElement("li");
    say(item, text);
    return item;
  });
  element.replaceChildren(...items);
}

/**
 * Let the button say what it does.
 *
 * @param {HTMLFormElement} form
 * @param {string} [label]
 */
function name(form, label) {
  const button = form.querySelector("[data-act]");
  if (!button) return;
  const text = button.querySelector("[data-act-label]");
  if (!("new" in button.dataset)) text.textContent = label || text.textContent;
  else {
    const news = [...form.querySelectorAll("[data-part='new'] .row-item > input[type='checkbox']")];
    const places = [...form.querySelectorAll("[data-part='new'] select[name^='project-']")];
    const given = news.filter((box) => box.checked).length + places.filter((role) => role.value).length;
    text.textContent = `Allow ${given} of ${news.length + places.length}`;
    button.setAttribute("aria-disabled", String(given === 0));
  }
}

/**
 * While something is missing, the button leads to it instead of sending the form.
 *
 * @param {HTMLFormElement} form
 * @param {() => boolean} isCurrent whether what the page says is about the form as it is now
 */
function leadToMissing(form, isCurrent) {
  const button = form.querySelector("[data-act]");
  button?.addEventListener("click", (event) => {
    const isNothing = button.getAttribute("aria-disabled") === "true";
    const part = form.querySelector(`[data-part="${isNothing ? "new" : form.dataset.missing}"]`);
    const first = part?.querySelector("input:enabled:not([type='hidden']), select:enabled");
    if (!first || !(isNothing || isCurrent())) return;
    event.preventDefault();
    part.scrollIntoView({ block: "center" });
    first.focus();
  });
  name(form);
}
