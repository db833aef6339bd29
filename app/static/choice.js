// The live sentence, the filters and the ends of single rows of a choice form. The page works without
// this module. The sentence comes from the server, so that one function decides what a choice means.

const FILTER_FROM = 8;
const FEW = 100;
const PAUSE = 200;
const UNSAID = "The summary cannot be updated now. Nothing is lost; what you chose is checked when you send it.";

function showSummary(form, answer) {
  form.querySelector("[data-sentence]").textContent = answer.sentence;
  for (const change of document.querySelectorAll("[data-change]")) {
    change.textContent = answer.change || "Not possible like this.";
  }
  const notes = answer.notes.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
  form.querySelector("[data-notes]").replaceChildren(...notes);
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
      const body = fieldsOf(form);
      const answer = await fetch(form.dataset.summaryUrl, { method: "POST", body, signal: running.signal });
      showSummary(form, await answer.json());
    } catch (error) {
      // Offline, or signed out meanwhile: an old sentence must not pass for the present one.
      if (error.name !== "AbortError") showSummary(form, { sentence: UNSAID, change: "Not known.", notes: [] });
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

// What has the focus must not lie behind the verdict, however high that grows.
function keepClear(form, verdict) {
  const root = document.documentElement;
  const clear = () => {
    const isOver = getComputedStyle(verdict).position === "sticky";
    root.style.scrollPaddingBottom = isOver ? `${verdict.offsetHeight + 12}px` : "0";
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

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

const isChosen = (field) => (field.type === "checkbox" ? field.checked : field.value !== "");

// The slug of a project, the identifier of an MCP server.
const keyOf = (field) => (field.type === "checkbox" ? field.value : field.name.slice("project-".length));

function nameOf(row) {
  return [...row.querySelector("label").childNodes].filter((n) => n.nodeType === Node.TEXT_NODE).map((n) => n.data).join("").trim();
}

// Every row with the text that it is found by: its own and that of the heading above it.
function searchable(list) {
  let head = null;
  const found = [];
  for (const row of list.querySelectorAll("li")) {
    if (row.classList.contains("head")) head = row;
    else {
      const field = row.querySelector("input, select");
      found.push({ row, field, head, text: fold(`${nameOf(row)} ${keyOf(field)} ${head?.textContent ?? ""}`) });
    }
  }
  return found;
}

function addFilter(group) {
  const list = group.querySelector(".rows.lean");
  const rows = list ? searchable(list) : [];
  const isLong = list?.classList.contains("many");
  if (rows.length <= FILTER_FROM) return;
  const bar = document.getElementById("filter-bar").content.cloneNode(true);
  const [box, only] = bar.querySelectorAll("input");
  const [chosen, count] = [bar.querySelector("[data-chosen]"), bar.querySelector("[role=status]")];
  box.placeholder = `Filter ${rows.length} …`;
  box.setAttribute("aria-label", `Filter: ${group.querySelector("legend").firstChild.textContent.trim()}`);
  const tally = () => {
    chosen.textContent = rows.filter(({ field }) => isChosen(field)).length;
  };
  const apply = () => {
    const words = fold(box.value).split(/\s+/).filter(Boolean);
    const isOn = words.length > 0 || only.checked;
    // The list keeps its height, or the page would jump at every letter.
    list.style.minHeight = isOn ? list.style.minHeight || `${list.offsetHeight}px` : "";
    const open = new Set();
    let shown = 0;
    for (const { row, field, head, text } of rows) {
      row.hidden = !(words.every((word) => text.includes(word)) && (!only.checked || isChosen(field)));
      if (row.hidden) continue;
      shown += 1;
      open.add(head);
    }
    for (const head of list.querySelectorAll(".head")) head.hidden = !open.has(head);
    for (const part of list.children) part.hidden = !part.querySelector(":not([hidden])");
    list.classList.toggle("many", isLong && shown > FEW);
    count.textContent = isOn ? (shown ? `${shown} of ${rows.length}` : "Nothing fits") : "";
  };
  for (const field of [box, only]) {
    // Neither is part of the choice.
    field.addEventListener("input", (event) => {
      event.stopPropagation();
      apply();
      // What is found must not lie behind the verdict.
      if (list.getBoundingClientRect().top > innerHeight / 3) group.scrollIntoView({ block: "start" });
    });
  }
  box.addEventListener("keydown", (event) => {
    if (!["Enter", "Escape", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "ArrowDown") rows.find(({ row, field }) => !row.hidden && !field.disabled)?.field.focus();
    if (event.key !== "Escape") return;
    box.value = "";
    apply();
  });
  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape") box.focus();
  });
  list.addEventListener("change", tally);
  tally();
  list.before(bar);
}

// A row that is chosen gets the fields for its end, and loses them when it is not.
function keepEnds(group) {
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

function endsFor(template, row, field) {
  const key = keyOf(field);
  const made = template.content.cloneNode(true);
  for (const select of made.querySelectorAll("select")) {
    select.name += key;
    select.setAttribute("aria-label", `${select.getAttribute("aria-label")}${nameOf(row)}`);
  }
  return made;
}

// A role can only fall back to a lower one; both lists stand in the order of the roles.
function offerLower(row) {
  const [role, , then] = row.querySelectorAll("select");
  if (!then) return;
  for (const option of then.options) option.disabled = option.index > 0 && option.index >= role.selectedIndex;
  if (then.selectedOptions[0].disabled) then.selectedIndex = 0;
}

for (const form of document.querySelectorAll("form[data-choice]")) {
  keepSummary(form);
  for (const group of form.querySelectorAll("[data-group]")) {
    addFilter(group);
    keepEnds(group);
  }
  keepClear(form, form.querySelector(".verdict"));
}
document.getElementById("problems")?.focus();
