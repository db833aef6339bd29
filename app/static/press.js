// Presses of buttons: while one is under way nothing moves.
// A button that moves between down and up gets no click.

let isPressed = false;
/** @type {Map<object, () => void>} */
const waiting = new Map();

/**
 * Run a task at once, or after the press of a button that is under way.
 *
 * Other presses hold nothing back: a list that opens takes the release for itself.
 *
 * @param {object} owner of the task, whose latest task replaces one that still waits
 * @param {() => void} task
 */
export function whenReleased(owner, task) {
  if (isPressed) waiting.set(owner, task);
  else task();
}

function release() {
  isPressed = false;
  // The click comes right after the release.
  setTimeout(() => {
    const tasks = [...waiting.values()];
    waiting.clear();
    tasks.forEach((task) => task());
  });
}

addEventListener("pointerdown", (event) => {
  if (event.target instanceof Element && event.target.closest("button")) isPressed = true;
});
// A menu, or another window in front, takes the release too.
for (const end of ["pointerup", "pointercancel", "contextmenu", "blur"]) addEventListener(end, release);
// Somebody was faster than this script.
isPressed = document.querySelector("button:active") !== null;
