// The live sentence and the filters of a choice form. The page works without this module.
// The sentence comes from the server, so that one function decides what a choice amounts to.

const FILTER_FROM = 8;
const PAUSE = 200;

function showSummary(form, answer) {
  form.querySelector("[data-sentence]").textContent = answer.sentence;
  const notes = answer.notes.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
  form.querySelector("[data-notes]").replaceChildren(...notes);
  form.classList.toggle("is-ready", answer.ready);
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
        body: new URLSearchParams(new FormData(form)),
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

function addFilter(group) {
  const rows = [...group.querySelectorAll("[data-name]")];
  if (rows.length <= FILTER_FROM) return;
  const box = document.createElement("input");
  box.type = "search";
  box.className = "form-control filter";
  box.placeholder = `Filter ${rows.length} …`;
  box.setAttribute("aria-label", `Filter: ${group.querySelector("legend").firstChild.textContent.trim()}`);
  box.addEventListener("input", (event) => {
    event.stopPropagation();
    const wanted = box.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.dataset.name.includes(wanted);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  group.querySelector(".rows").before(box);
}

for (const form of document.querySelectorAll("form[data-choice]")) {
  keepSummary(form);
  for (const group of form.querySelectorAll("[data-group]")) addFilter(group);
}
document.getElementById("problems")?.focus();
