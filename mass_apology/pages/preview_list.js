// The list of letters, and the filters and counts above it.

const ROW_HEIGHT = 62; // CSS pixels; as in the style sheet
const ROWS_BEYOND = 8; // drawn above and below what is seen, so that scrolling shows no gaps

function drawCount() {
  const all = letters.length === matching.length;
  at("count").value = all ? `${counted.format(letters.length)} ${letters.length === 1 ? "letter" : "letters"}`
    : `${counted.format(matching.length)} of ${counted.format(letters.length)} letters`;
  at("clear").hidden = state.search === "" && Object.keys(state.filters).length === 0;
  const filters = Object.keys(state.filters).length;
  at("filters-on").textContent = filters ? `(${filters} on)` : "";
}

function buildFilters() {
  for (const [facet, { label }] of Object.entries(FACETS)) {
    if (!index.facets[facet]?.length) continue;
    const select = element("select", { id: `filter-${facet}` });
    select.addEventListener("change", () => setFilter(facet, select.value));
    at("facets").append(element("label", { for: select.id }, label), select);
  }
}

function setFilter(facet, value) {
  if (value === "") delete state.filters[facet];
  else state.filters[facet] = /^\d+$/.test(value) ? Number(value) : value;
  choose();
}

/** Every choice with the number of letters it would leave, beside the search and the other filters. */
function drawFilters() {
  for (const [facet, names] of Object.entries(FACETS)) {
    const select = at(`filter-${facet}`);
    if (select) drawChoices(select, facet, names);
  }
}

function drawChoices(select, facet, names) {
  const within = letters.filter((letter) => matches(letter, { except: facet }));
  const counts = new Array(index.facets[facet].length).fill(0);
  for (const letter of within) for (const value of letter.facets[facet]) counts[value] += 1;
  const choices = [["", `${names.all} (${counted.format(within.length)})`]];
  for (const special of ["any", "none"]) {
    const left = within.filter((letter) => has(letter, facet, special)).length;
    if (names[special]) choices.push([special, `${names[special]} (${counted.format(left)})`]);
  }
  const order = counts.map((_, value) => value).sort((one, other) => counts[other] - counts[one] || one - other);
  for (const value of order) {
    const name = shortened(index.facets[facet][value]) || "not stated";
    choices.push([String(value), `${name} (${counted.format(counts[value])})`]);
  }
  select.replaceChildren(...choices.map(([value, label]) => element("option", { value }, label)));
  select.value = String(state.filters[facet] ?? "");
}

/** Room for others beside a name of ten thousand letters; the headers have all of it. */
function shortened(text, length = 80) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** Only the rows in sight are in the document, and the chosen one, which the list box points to. */
function drawList() {
  const list = at("list");
  const first = Math.max(0, Math.floor(list.scrollTop / ROW_HEIGHT) - ROWS_BEYOND);
  const after = Math.min(matching.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW_HEIGHT) + ROWS_BEYOND);
  const shown = new Set([...Array(Math.max(0, after - first)).keys()].map((row) => first + row));
  if (place() >= 0) shown.add(place());
  at("rows").style.height = `${matching.length * ROW_HEIGHT}px`;
  at("rows").replaceChildren(...[...shown].sort((one, other) => one - other).map(drawRow));
  if (place() >= 0) list.setAttribute("aria-activedescendant", `option-${letters[state.chosen].position}`);
  else list.removeAttribute("aria-activedescendant");
}

function drawRow(row) {
  const letter = matching[row];
  const option = element("div", {
    role: "option", id: `option-${letter.position}`, class: "row", "data-position": letter.position,
    "aria-selected": letter.position === state.chosen, "aria-posinset": row + 1, "aria-setsize": matching.length,
  },
  element("span", { class: "row-name" }, element("bdi", {}, shortened(letter.name) || "No name")),
  element("span", { class: "row-language" }, valueNames(letter, "language").join("")),
  element("span", { class: "row-address" }, element("bdi", {}, shortened(letter.address))),
  element("span", { class: "row-line" }, `line ${letter.line}`));
  if (letter.severity) {
    const said = element("span", { class: "visually-hidden" }, `, ${letter.severity}`);
    option.append(element("span", { class: `dot ${letter.severity}` }, said));
  }
  option.style.top = `${row * ROW_HEIGHT}px`;
  return option;
}

function scrollToChosen() {
  const list = at("list");
  const top = place() * ROW_HEIGHT;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + ROW_HEIGHT > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW_HEIGHT - list.clientHeight;
}
