// What was typed and chosen in a view outlives that view's being made anew in another language.

/**
 * Remembers the fields of a view that have an id, which of its parts are unfolded, and where the focus is.
 * @param {Element} view
 * @returns {() => void} puts all of it into what stands in the document now
 */
export function keepTyped(view) {
  const focused = document.activeElement?.id ?? "";
  const fields = [...view.querySelectorAll("input[id], textarea[id], input[type=radio]")].filter((field) => field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement);
  const unfolded = [...view.querySelectorAll("details")].map(({ open }) => open);
  return () => {
    for (const field of fields) {
      const next = field.id ? document.getElementById(field.id) : document.querySelector(`input[name="${field.name}"][value="${field.value}"]`);
      if (next instanceof HTMLTextAreaElement) next.value = field.value;
      if (!(next instanceof HTMLInputElement) || !(field instanceof HTMLInputElement) || field.role === "switch") continue;
      if (field.type === "radio" && field.checked && !next.checked) next.click();
      else if (field.type !== "radio" && field.type !== "file") next.value = field.value;
    }
    [...document.querySelectorAll("#screen details")].forEach((details, index) => details instanceof HTMLDetailsElement && (details.open = unfolded[index] ?? false));
    if (focused) document.getElementById(focused)?.focus();
  };
}
