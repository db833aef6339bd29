// The ends of single rows: a row that is chosen gets the fields for its end, and loses them when it is not.

/** @typedef {HTMLInputElement | HTMLSelectElement} Field a row's checkbox, or its list of roles */

/**
 * Add and remove the fields for ends as rows are chosen.
 *
 * @param {HTMLFormElement} form with a `template` of those fields in each part whose rows can end
 */
export function keepEnds(form) {
  form.addEventListener("change", (event) => {
    const row = event.target.closest("[data-row]");
    if (row && !event.target.closest("[data-ends]")) follow(row);
  });
  // Also what was chosen before this script ran.
  form.querySelectorAll("[data-row]").forEach(follow);
}

/**
 * Give a row the fields for its end while it is chosen.
 *
 * @param {HTMLLIElement} row
 */
function follow(row) {
  const field = row.querySelector("select[name^='project-'], [name='mcp_servers']");
  const template = row.closest("[data-part]").querySelector("template");
  const ends = row.querySelector("[data-ends]");
  if (!isChosen(field)) ends?.remove();
  else if (!ends && template) row.append(endsFor(template, row));
  offerLower(row);
}

/**
 * @param {Field} field
 * @returns {boolean} whether the row is part of the choice
 */
const isChosen = (field) => (field.type === "checkbox" ? field.checked : field.value !== "");

/**
 * Return the fields for the end of a row, under the names that the form sends them by.
 *
 * @param {HTMLTemplateElement} template
 * @param {HTMLLIElement} row
 */
function endsFor(template, row) {
  const made = template.content.cloneNode(true);
  for (const select of made.querySelectorAll("select")) {
    select.name += row.dataset.row;
    select.setAttribute("aria-label", `${select.getAttribute("aria-label")}${row.querySelector("bdi").textContent}`);
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
