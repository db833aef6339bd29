// The ends of single rows: a row that is chosen gets the fields for its end, and loses them when it is not.

import { isChosen, keyOf, nameOf } from "./rows.js";

/**
 * Add and remove the fields for ends as rows are chosen.
 *
 * @param {HTMLFieldSetElement} group with a `template` of those fields, if its rows can end
 */
export function keepEnds(group) {
  const template = group.querySelector("template");
  group.addEventListener("change", (event) => {
    const field = event.target;
    const row = field.closest("li");
    if (!template || !row || field.closest("[data-ends]")) return;
    const ends = row.querySelector("[data-ends]");
    if (!isChosen(field)) ends?.remove();
    else if (!ends) row.append(endsFor(template, row, field));
    offerLower(row);
  });
  group.querySelectorAll(".roles li:has([data-ends])").forEach(offerLower);
}

/**
 * Return the fields for the end of a row, under the names that the form sends them by.
 *
 * @param {HTMLTemplateElement} template
 * @param {HTMLLIElement} row
 * @param {import("./rows.js").Field} field
 */
function endsFor(template, row, field) {
  const key = keyOf(field);
  const made = template.content.cloneNode(true);
  for (const select of made.querySelectorAll("select")) {
    select.name += key;
    select.setAttribute("aria-label", `${select.getAttribute("aria-label")}${nameOf(row)}`);
  }
  return made;
}

/**
 * Let a role fall back to a lower one only; both lists stand in the order of the roles.
 *
 * @param {HTMLLIElement} row
 */
function offerLower(row) {
  const [role, , then] = row.querySelectorAll("select");
  if (!then) return;
  for (const option of then.options) option.disabled = option.index > 0 && option.index >= role.selectedIndex;
  if (then.selectedOptions[0].disabled) then.selectedIndex = 0;
}
