// How a row of the lists of projects and MCP servers is read: its field, its key, its name.

/** @typedef {HTMLInputElement | HTMLSelectElement} Field a row's checkbox, or its list of roles */

/**
 * @param {Field} field
 * @returns {boolean} whether the row is part of the choice
 */
export const isChosen = (field) => (field.type === "checkbox" ? field.checked : field.value !== "");

/**
 * @param {Field} field
 * @returns {string} the slug of a project, the identifier of an MCP server
 */
export const keyOf = (field) => (field.type === "checkbox" ? field.value : field.name.slice("project-".length));

/**
 * @param {HTMLLIElement} row
 * @returns {string} the name that its label begins with, without what else the label holds
 */
export function nameOf(row) {
  const parts = [...row.querySelector("label").childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
  return parts.map((node) => node.data).join("").trim();
}
