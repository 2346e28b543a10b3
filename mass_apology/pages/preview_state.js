// Which letter, which views, which filters: the page's state, and the address that links to it.

const FACETS = {
  language: { label: "Language", all: "All languages" },
  segment: { label: "Segment", all: "All segments", any: "In some segment", none: "In no segment" },
  domain: { label: "Domain", all: "All domains" },
  finding: { label: "Finding", all: "All letters", any: "Any finding", none: "No finding" },
  variant: { label: "Sentences", all: "All variants", any: "Some optional sentence", none: "No optional sentence" },
};

const at = (id) => document.getElementById(id);
const index = data("index");
const letters = index.letters.map(readEntry);
const counted = new Intl.NumberFormat("en");

const state = {
  chosen: 0, // position in `letters`
  views: ["html"], // those that are shown; the first one where they are shown as tabs
  side: false, // side by side, as far as the screen is wide enough
  search: "",
  filters: {}, // facet → a number in its vocabulary, "any" or "none"
};
let terms = []; // of the search, folded
let matching = letters; // what search and filters leave
let parts = null; // the chosen letter's text, HTML, source, images and findings

function readEntry([number, line, name, address, subject, severity, ...values], position) {
  const [language, segment, domain, finding, variant] = values;
  const facets = { language, segment, domain, finding, variant };
  return { position, number, line, name, address, subject, severity, facets, folded: fold(`${name} ${address}`) };
}

/** As one would type it: "Bożena Łęcka" → "bozena lecka". */
function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ł/g, "l").replace(/ß/g, "ss");
}

function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

// Choosing letters

function matches(letter, { except } = {}) {
  return Object.entries(state.filters).every(([facet, wanted]) => facet === except || has(letter, facet, wanted)) &&
    terms.every((term) => letter.folded.includes(term) || String(letter.line) === term);
}

function has(letter, facet, wanted) {
  const values = letter.facets[facet];
  if (wanted === "any") return values.length > 0;
  if (wanted === "none") return values.length === 0;
  return values.includes(wanted);
}

/** Search or filters changed: keep the chosen letter if it is still among those left, else take the first of them. */
function choose() {
  terms = fold(state.search).split(/\s+/).filter(Boolean);
  matching = letters.filter((letter) => matches(letter));
  if (matching.length > 0 && !matching.includes(letters[state.chosen])) state.chosen = matching[0].position;
  drawFilters();
  drawCount();
  showLetter();
}

function step(to) {
  if (matching.length === 0) return;
  state.chosen = matching[Math.max(0, Math.min(matching.length - 1, to))].position;
  at("missing").hidden = true;
  showLetter();
}

function place() {
  return matching.indexOf(letters[state.chosen]);
}

// The address: #letter=17&view=text&language=pl, so that a link shows what its sender saw

function rememberState() {
  const said = new URLSearchParams();
  if (letters.length > 0) said.set("letter", letters[state.chosen].number);
  said.set("view", state.views.join("."));
  if (state.side) said.set("side", "1");
  if (state.search) said.set("search", state.search);
  for (const [facet, value] of Object.entries(state.filters)) {
    said.set(facet, typeof value === "number" ? `=${index.facets[facet][value]}` : value);
  }
  if (`#${said}` !== location.hash) history.replaceState(null, "", `#${said}`);
}

function recallState() {
  const said = new URLSearchParams(location.hash.slice(1));
  const wanted = said.get("letter");
  const position = letters.findIndex((letter) => String(letter.number) === wanted);
  state.chosen = Math.max(0, position);
  at("missing").hidden = wanted === null || position >= 0;
  at("missing").textContent = `Letter ${shortened(wanted ?? "")} is not in this file.`;
  const views = (said.get("view") ?? "").split(".").filter((view) => Object.hasOwn(VIEWS, view));
  state.side = said.get("side") === "1";
  state.views = views.length > 0 ? views : ["html"];
  state.search = said.get("search") ?? "";
  at("search").value = state.search;
  state.filters = {};
  for (const facet of Object.keys(FACETS)) recallFilter(facet, said.get(facet));
  choose();
}

function recallFilter(facet, said) {
  if (said === null) return;
  const value = index.facets[facet]?.indexOf(said.slice(1)) ?? -1;
  if (["any", "none"].includes(said) && FACETS[facet][said]) state.filters[facet] = said;
  else if (said.startsWith("=") && value >= 0) state.filters[facet] = value;
}
