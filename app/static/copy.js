// Buttons that copy the text of another element. Without this module they stay hidden.

import { whenReleased } from "./press.js";

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.querySelector(button.dataset.copy);
  whenReleased(button, () => { button.hidden = false; });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch {
      // No clipboard without https, or it was refused: the text is selected, so that a key press copies it.
      getSelection().selectAllChildren(source);
      button.textContent = "Selected: copy it now";
    }
  });
}
