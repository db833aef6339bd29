// The focus and the scrolling of the page: what has the focus is never hidden, and problems are read first.

const GAP = 12;

/**
 * Keep what has the focus clear of the verdict, which lies over the page, however high that grows.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLElement} verdict
 */
export function keepClear(form, verdict) {
  const root = document.documentElement;
  const clear = () => {
    const isOver = getComputedStyle(verdict).position === "sticky";
    root.style.scrollPaddingBottom = isOver ? `${verdict.offsetHeight + GAP}px` : "0";
    const field = document.activeElement;
    const [mine, its] = [field.getBoundingClientRect(), verdict.getBoundingClientRect()];
    const isHidden = mine.bottom > its.top && mine.top < its.bottom && !verdict.contains(field);
    if (isOver && isHidden && form.contains(field)) field.scrollIntoView({ block: "nearest" });
  };
  new ResizeObserver(clear).observe(verdict);
  form.addEventListener("focusin", clear); // at once: the observer tells a frame later
  form.addEventListener("input", () => {
    if (!verdict.classList.contains("calm")) return;
    verdict.classList.remove("calm");
    clear();
  });
}

/** Lead to the problems that the server named, if it did. */
export function focusProblems() {
  document.getElementById("problems")?.focus();
}
