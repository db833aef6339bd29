// Projects and what a tool may do in them: a box that picks a project, and functions that its role gives.

const PICK = "Give it a role here";

/**
 * Let projects be picked by a box, say what their roles give, and close what no chosen role reaches.
 *
 * @param {HTMLFormElement} form
 */
export function keepPlaces(form) {
  form.querySelectorAll(".place").forEach((row) => addPick(row));
  form.addEventListener("change", (event) => {
    const row = event.target.closest(".place");
    if (row) follow(form, row, event.target);
    reach(form);
  });
  form.addEventListener("rows", () => form.querySelectorAll(".place:not(:has(.pick))").forEach(addPick));
  reach(form);
}

/** @param {HTMLLIElement} row */
function addPick(row) {
  const role = row.querySelector("select");
  if (![...role.options].some((option) => option.value && !option.disabled)) return;
  const pick = document.createElement("input");
  pick.type = "checkbox";
  pick.className = "pick";
  pick.defaultChecked = role.value !== "";
  pick.setAttribute("aria-label", `${PICK}: ${row.querySelector("bdi").textContent}`);
  row.prepend(pick);
}

/**
 * Keep the box, the role and the words below them together.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLLIElement} row
 * @param {HTMLElement} field that was changed
 */
function follow(form, row, field) {
  const role = row.querySelector("select");
  const pick = row.querySelector(".pick");
  if (field === pick) {
    role.value = pick.checked ? usual(form, role) : "";
    role.dispatchEvent(new Event("input", { bubbles: true }));
    role.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (field === role) {
    if (pick) pick.checked = role.value !== "";
  }
}

/**
 * Return the role that was asked for, or the lowest that is enough for what is ticked.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLSelectElement} role
 */
function usual(form, role) {
  const open = [...role.options].filter((option) => option.value && !option.disabled);
  const ticked = [...form.querySelectorAll("[data-needs]:checked")].map((box) => box.value);
  const reached = (option) => ticked.filter((name) => option.dataset.acts.split(" ").includes(name)).length;
  const most = Math.max(...open.map(reached));
  const asked = open.find((option) => option.value === role.dataset.asked);
  return (asked ?? open.find((option) => reached(option) === most)).value;
}

/**
 * Close the functions that no chosen role gives, and open them again with their ticks.
 *
 * @param {HTMLFormElement} form
 */
function reach(form) {
  const chosen = [...form.querySelectorAll(".place select")]
    .filter((field) => field.name.startsWith("project-") && field.value)
    .flatMap((field) => field.selectedOptions[0].dataset.acts.split(" "));
  const isChosen = chosen.length > 0 && !form.querySelector("input[type=hidden][name^='project-']");
  for (const box of form.querySelectorAll("[data-needs]")) {
    const note = box.closest("li").querySelector("[data-out-of-reach]");
    if (!note) continue;
    const isOut = isChosen && !chosen.includes(box.value);
    if (isOut && !box.disabled) box.dataset.was = box.checked ? "ticked" : "";
    if (box.disabled && !isOut) box.checked = box.dataset.was === "ticked";
    box.disabled = isOut;
    if (isOut) box.checked = false;
    note.hidden = !isOut;
  }
  form.querySelectorAll(".place").forEach((row) => sayGiven(form, row));
}

/**
 * Say below a project what of all that is ticked its role gives.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLLIElement} row
 */
function sayGiven(form, row) {
  const acts = row.querySelector("select").selectedOptions[0].dataset.acts?.split(" ") ?? [];
  const given = [...form.querySelectorAll("[data-needs]:checked")].filter((box) => acts.includes(box.value));
  row.querySelector("[data-gives]").textContent = given.map((box) => box.labels[0].textContent).join(", ");
}
