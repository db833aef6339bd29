// Brings a choice form to life: the page works without this module and the ones that it imports.

import { keepEnds } from "./ends.js";
import { addFinder } from "./find.js";
import { focusProblems, keepClear } from "./focus.js";
import { keepPlaces } from "./places.js";
import { whenReleased } from "./press.js";
import { keepSummary } from "./summary.js";

whenReleased(document, () => {
  for (const form of document.querySelectorAll("form[data-choice]")) {
    keepPlaces(form);
    keepEnds(form);
    keepSummary(form);
    for (const place of form.querySelectorAll("[data-find-url]")) addFinder(place);
    keepClear(form, form.querySelector(".verdict"));
  }
  focusProblems();
});
