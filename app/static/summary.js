// The live sentence: what a choice amounts to. It comes from the server, so that one function decides.

const PAUSE = 200;
const UNKNOWN = {
  sentence: "The summary cannot be updated now. Nothing is lost; what you chose is checked when you send it.",
  change: "Not known.",
  notes: [],
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
  const showWhenReleased = whenReleased();
  const ask = async () => {
    running?.abort();
    running = new AbortController();
    try {
      const body = fieldsOf(form);
      const answer = await fetch(form.dataset.summaryUrl, { method: "POST", body, signal: running.signal });
      const said = await answer.json();
      showWhenReleased(() => show(form, said));
    } catch (error) {
      // Offline, or signed out meanwhile: an old sentence must not pass for the present one.
      if (error.name !== "AbortError") showWhenReleased(() => show(form, UNKNOWN));
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  // A request that is decided has no summary any more.
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    running?.abort();
  });
  // Somebody was faster than this script, or the browser filled the form in again.
  if ([...form.elements].some(isChanged)) ask();
}

/**
 * Return a function that runs the latest of its tasks at once, or after the press of a button that is
 * under way: a button that moves between down and up gets no click.
 *
 * Other presses hold nothing back: a list that opens takes the release for itself.
 */
function whenReleased() {
  let isPressed = false;
  let waiting = () => {};
  const release = () => {
    isPressed = false;
    // The click comes right after the release.
    setTimeout(() => {
      waiting();
      waiting = () => {};
    });
  };
  addEventListener("pointerdown", (event) => {
    if (event.target instanceof Element && event.target.closest("button")) isPressed = true;
  });
  // A menu, or another window in front, takes the release too.
  for (const end of ["pointerup", "pointercancel", "contextmenu", "blur"]) addEventListener(end, release);
  return (/** @type {() => void} */ task) => {
    if (isPressed) waiting = task;
    else task();
  };
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
  return field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
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
 * @param {HTMLFormElement} form
 * @param {{ sentence: string, change: string, notes: string[] }} answer
 */
function show(form, answer) {
  form.querySelector("[data-sentence]").textContent = answer.sentence;
  for (const change of document.querySelectorAll("[data-change]")) change.textContent = answer.change;
  const notes = answer.notes.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
  form.querySelector("[data-notes]").replaceChildren(...notes);
}
