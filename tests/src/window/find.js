// Finds one thing on the page as people do: by its kind and by what it says. `arguments` are the kind and
// the words; gives the element, or null while there is none that can be used.
const selectors = {
  control:
    "button, a[href], input[type=radio], input[type=checkbox], summary, " +
    "[role=button], [role=tab], [role=radio], [role=menuitem], [role=option], [role=link]",
  field: "input:not([type=radio]):not([type=checkbox]), textarea, select",
};
const [kind, wanted] = arguments;
const clean = (text) => (text ?? "").replace(/\s+/g, " ").trim();
const textOf = (id) => document.getElementById(id)?.innerText ?? "";

// The accessible name, as far as the pages need it.
function nameOf(element) {
  const by = element.getAttribute("aria-labelledby");
  if (by !== null && kind === "field") return by.split(" ").map(textOf).join(" ");
  const label = element.getAttribute("aria-label");
  if (label !== null) return label;
  const labels = element.labels;
  if (labels && labels.length > 0) return Array.from(labels, (one) => one.innerText).join(" ");
  return element.innerText || element.title;
}

function usable(element) {
  if (element.closest("[inert], [aria-hidden=true]") !== null) return false;
  if (element.matches(":disabled, [aria-disabled=true], [data-disabled=true]")) return false;
  return element.getClientRects().length > 0;
}

const named = Array.from(document.querySelectorAll(selectors[kind]))
  .filter(usable)
  .map((element) => [element, clean(nameOf(element))]);
const exact = named.find(([, name]) => name === wanted);
const begun = named.find(([, name]) => name.startsWith(wanted));
const within = named.find(([, name]) => name.includes(wanted));
return (exact ?? begun ?? within)?.[0] ?? null;
