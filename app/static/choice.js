// The live sentence, the filters and the ends of single rows of a choice form. The page works without
// this module. The sentence comes from the server, so that one function decides what a choice means.

const FILTER_FROM = 8;
const PAUSE = 200;

function showSummary(form, answer) {
  form.querySelector("[data-sentence]").textContent = answer.sentence;
  const change = document.querySelector("[data-change]");
  if (change) change.textContent = answer.change || "Changes nothing.";
  const notes = answer.notes.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
  form.querySelector("[data-notes]").replaceChildren(...notes);
  form.classList.toggle("is-ready", answer.ready);
}

// A project without access says nothing: with a thousand of them that is most of the form.
function fieldsOf(form) {
  const said = [...new FormData(form)].filter(([name, value]) => value !== "" || !name.startsWith("project-"));
  return new URLSearchParams(said);
}

function keepSummary(form) {
  let timer = 0;
  let running = null;
  const ask = async () => {
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(form.dataset.summaryUrl, {
        method: "POST",
        body: fieldsOf(form),
        signal: running.signal,
      });
      if (answer.ok) showSummary(form, await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") throw error;
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
}

// Every row with the text that it is found by: its own and that of the heading above it.
function searchable(list) {
  let heading = "";
  const found = [];
  for (const row of list.children) {
    if (row.classList.contains("head")) heading = row.textContent;
    else found.push({ row, heading, text: `${nameOf(row)} ${keyOf(row.querySelector("input, select"))} ${heading}`.toLowerCase() });
  }
  return found;
}

function nameOf(row) {
  return [...row.querySelector("label").childNodes].filter((n) => n.nodeType === Node.TEXT_NODE).map((n) => n.data).join("").trim();
}

function addFilter(group) {
  const list = group.querySelector(".rows.lean");
  const rows = list ? searchable(list) : [];
  if (rows.length <= FILTER_FROM) return;
  const box = document.createElement("input");
  const count = document.createElement("p");
  box.type = "search";
  box.className = "form-control filter";
  box.placeholder = `Filter ${rows.length} …`;
  box.setAttribute("aria-label", `Filter: ${group.querySelector("legend").firstChild.textContent.trim()}`);
  count.className = "fine filter-count";
  count.setAttribute("role", "status");
  box.addEventListener("input", (event) => {
    event.stopPropagation();
    const wanted = box.value.trim().toLowerCase();
    const open = new Set();
    let shown = 0;
    for (const { row, heading, text } of rows) {
      row.hidden = !text.includes(wanted);
      if (row.hidden) continue;
      shown += 1;
      open.add(heading);
    }
    for (const head of list.querySelectorAll(".head")) head.hidden = !open.has(head.textContent);
    count.textContent = wanted ? `${shown} of ${rows.length}` : "";
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  list.before(box, count);
}

// A row that is chosen gets the fields for its end, and loses them when it is not.
function keepEnds(group) {
  const template = group.querySelector("template");
  group.addEventListener("change", (event) => {
    const field = event.target;
    const row = field.closest("li");
    if (!template || !row || field.closest("[data-ends]")) return;
    const chosen = field.type === "checkbox" ? field.checked : field.value !== "";
    const ends = row.querySelector("[data-ends]");
    if (!chosen) ends?.remove();
    else if (!ends) row.append(endsFor(template, row, field));
  });
}

// The slug of a project, the identifier of an MCP server.
function keyOf(field) {
  return field.type === "checkbox" ? field.value : field.name.slice("project-".length);
}

function endsFor(template, row, field) {
  const key = keyOf(field);
  const made = template.content.cloneNode(true);
  for (const select of made.querySelectorAll("select")) {
    select.name += key;
    select.setAttribute("aria-label", `${select.getAttribute("aria-label")}${nameOf(row)}`);
  }
  return made;
}

for (const form of document.querySelectorAll("form[data-choice]")) {
  keepSummary(form);
  for (const group of form.querySelectorAll("[data-group]")) {
    addFilter(group);
    keepEnds(group);
  }
}
document.getElementById("problems")?.focus();
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}
