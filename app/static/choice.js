// Brings a choice form to life: the page works without this module and the ones that it imports.

import { keepEnds } from "./ends.js";
import { addFilter } from "./filter.js";
import { focusProblems, keepClear } from "./focus.js";
import { keepSummary } from "./summary.js";

for (const form of document.querySelectorAll("form[data-choice]")) {
  keepSummary(form);
  for (const group of form.querySelectorAll("[data-group]")) {
    addFilter(group);
    keepEnds(group);
  }
  keepClear(form, form.querySelector(".verdict"));
}
focusProblems();
