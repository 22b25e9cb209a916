// Keys and the theme. Every page reads and works without this file; it runs in
// the head, so that a remembered theme is there before anything is painted.
(() => {
  const root = document.documentElement;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // A browser may refuse storage; then a choice lasts as long as the page.
  const recall = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const keep = (name, value) => {
    try { value ? localStorage.setItem(name, value) : localStorage.removeItem(name); } catch { /* see above */ }
  };

  const THEMES = ["light", "dark"];
  const paint = (theme) => {
    if (THEMES.includes(theme)) root.dataset.theme = theme;
    else delete root.dataset.theme;
    all("[data-choose=theme]").forEach((choice) => { choice.value = root.dataset.theme ?? "auto"; });
  };
  let keysAreOff = recall("keys") === "off";

  // Blocks on a phone make browsers forget that a table is one; roles remind them.
  const ROLES = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TFOOT: "rowgroup", TR: "row", TD: "cell" };
  const nameRoles = () => {
    all(".stack, .stack :is(thead, tbody, tfoot, tr, th, td)").forEach((part) => {
      const header = part.scope === "row" ? "rowheader" : "columnheader";
      part.setAttribute("role", ROLES[part.tagName] ?? header);
    });
  };

  const rows = () => all(".rows > tr").filter((row) => row.offsetParent !== null);
  const current = () => rows().findIndex((row) => row.hasAttribute("aria-current"));
  const select = (row) => {
    rows().forEach((each) => each.removeAttribute("aria-current"));
    row.setAttribute("aria-current", "true");
    const target = one("a, button", row) ?? row;
    if (target === row) row.tabIndex = -1;
    target.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const move = (by) => {
    const list = rows(), at = current();
    if (list.length) select(list[at < 0 ? 0 : Math.min(Math.max(at + by, 0), list.length - 1)]);
  };

  const ACTIONS = {
    j: () => move(1),
    k: () => move(-1),
    o: () => one(".rows > tr[aria-current] a")?.click(),
    "/": () => one("main input[type=search]")?.focus(),
    "?": () => one("#keys")?.togglePopover(),
  };
  const isTyping = (target) => target.isContentEditable || target.matches?.(
    "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range])",
  );

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape" && event.target.type !== "search") event.target.blur();
      return;
    }
    if (keysAreOff) return;
    const link = one(`[data-key="${CSS.escape(event.key)}"]`);
    const act = link ? () => link.click() : Object.hasOwn(ACTIONS, event.key) ? ACTIONS[event.key] : null;
    if (!act) return;
    event.preventDefault();
    act();
  });

  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.(".rows > tr");
    if (!row || row.hasAttribute("aria-current")) return;
    rows().forEach((each) => each.removeAttribute("aria-current"));
    row.setAttribute("aria-current", "true");
  });

  document.addEventListener("change", (event) => {
    const choice = event.target.dataset?.choose;
    if (choice === "theme") {
      keep("theme", THEMES.includes(event.target.value) ? event.target.value : null);
      paint(event.target.value);
    } else if (choice === "keys") {
      keysAreOff = !event.target.checked;
      keep("keys", keysAreOff ? "off" : null);
    }
  });
  addEventListener("storage", (event) => { if (event.key === "theme") paint(event.newValue); });

  root.dataset.script = "";
  paint(recall("theme"));
  document.addEventListener("DOMContentLoaded", () => {
    paint(recall("theme"));
    all("[data-choose=keys]").forEach((choice) => { choice.checked = !keysAreOff; });
    nameRoles();
  });
  document.addEventListener("htmx:after:swap", nameRoles);
})();
