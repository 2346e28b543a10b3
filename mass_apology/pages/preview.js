// Keys, clicks, and the start. Its neighbours hold the state, the list and the views.

const PAGE = 10; // letters
const WAYS = {
  j: () => step(place() + 1),
  ArrowDown: () => step(place() + 1),
  k: () => step(place() - 1),
  ArrowUp: () => step(place() - 1),
  Home: () => step(0),
  End: () => step(matching.length - 1),
  PageDown: () => step(place() + PAGE),
  PageUp: () => step(place() - PAGE),
  "/": () => { showPart("list"); at("search").focus(); at("search").select(); },
  "?": () => at("help").showModal(),
  s: toggleSide,
};
Object.keys(VIEWS).forEach((view, position) => { WAYS[position + 1] = () => showView(view); });

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || at("help").open || !Object.hasOwn(WAYS, event.key)) return;
  const single = event.key.length === 1;
  if (event.target.closest("input, select, textarea") || (single && !at("keys").checked)) return;
  // What scrolls or chooses by itself keeps its own keys.
  if (!single && event.target.closest("pre, .scrolled, [role=tablist], summary")) return;
  event.preventDefault();
  WAYS[event.key]();
}

function pressedInTabs(event) {
  const views = Object.keys(VIEWS);
  const here = views.indexOf(state.views[0]);
  const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: views.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  showView(views[(to + views.length) % views.length]);
  at(`tab-${state.views[0]}`).focus();
}

function pressedInSearch(event) {
  if (event.key === "Enter" || event.key === "ArrowDown") {
    event.preventDefault();
    at("list").focus();
  } else if (event.key === "Escape" && at("search").value !== "") {
    event.preventDefault();
    at("search").value = "";
    searched();
  }
}

function searched() {
  state.search = at("search").value.trim();
  choose();
}

function showAll() {
  state.filters = {};
  at("search").value = "";
  searched();
  at("search").focus();
}

// On a narrow screen the list and the letter are shown in turn

function showPart(part) {
  at("page").dataset.part = part;
  drawList();
}

function listen() {
  document.addEventListener("keydown", pressed);
  at("tabs").addEventListener("keydown", pressedInTabs);
  at("search").addEventListener("keydown", pressedInSearch);
  at("search").addEventListener("input", searched);
  at("choice").addEventListener("submit", (event) => event.preventDefault());
  at("clear").addEventListener("click", showAll);
  at("list").addEventListener("scroll", drawList, { passive: true });
  at("list").addEventListener("click", clickedInList);
  at("list").addEventListener("keydown", (event) => { if (event.key === "Enter") openLetter(); });
  at("previous").addEventListener("click", () => step(place() - 1));
  at("next").addEventListener("click", () => step(place() + 1));
  at("to-list").addEventListener("click", () => { showPart("list"); scrollToChosen(); at("list").focus(); });
  at("side").addEventListener("click", toggleSide);
  at("ask").addEventListener("click", () => at("help").showModal());
  WIDE.addEventListener("change", changeViews);
  addEventListener("resize", drawList);
  addEventListener("hashchange", recallState);
}

function clickedInList(event) {
  const row = event.target.closest("[data-position]");
  if (!row) return;
  state.chosen = Number(row.dataset.position);
  showLetter();
  openLetter();
}

function openLetter() {
  if (getComputedStyle(at("to-list")).display === "none") return;
  showPart("letter");
  at("letter").focus();
}

at("extent").textContent = letters.length === index.planned ? counted.format(letters.length)
  : `${counted.format(letters.length)} of ${counted.format(index.planned)}`;
at("filters").open = innerHeight > 700 && innerWidth > 800;
at("page").dataset.part = "letter";
at("page").hidden = false;
buildFilters();
buildViews();
listen();
recallState();
