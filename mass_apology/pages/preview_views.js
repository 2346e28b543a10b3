// The chosen letter: what is said about it, and its views, as tabs or several side by side.

const WIDE = matchMedia("(min-width: 1100px)");
const VIEWS = {
  html: { label: "HTML", draw: (pane, letter) => drawFrame(pane, letter, { dark: false }) },
  text: { label: "Text", draw: drawText },
  phone: { label: "Phone", draw: (pane, letter) => drawFrame(pane, letter, { dark: false }) },
  dark: { label: "Dark", draw: (pane, letter) => drawFrame(pane, letter, { dark: true }) },
  headers: { label: "Headers", draw: drawHeaders },
  source: { label: "Source", draw: drawSource },
};

function showLetter() {
  const letter = matching.length > 0 ? letters[state.chosen] : null;
  parts = letter && data(`letter-${letter.position}`);
  at("shown").hidden = !letter;
  at("nothing").hidden = Boolean(letter);
  at("previous").disabled = !letter || place() === 0;
  at("next").disabled = !letter || place() === matching.length - 1;
  at("position").textContent = letter ? `${counted.format(place() + 1)} of ${counted.format(matching.length)}` : "";
  scrollToChosen();
  drawList();
  if (letter) {
    drawAbout(letter);
    drawFindings();
    drawViews();
  }
  announce(letter
    ? `Letter ${place() + 1} of ${matching.length}: ${shortened(letter.name || letter.address)}`
    : "No letter matches");
  rememberState();
}

function announce(sentence) {
  if (at("announcement").textContent !== sentence) at("announcement").textContent = sentence;
}

function drawAbout(letter) {
  at("subject").textContent = shortened(letter.subject, 200);
  at("name").textContent = shortened(letter.name);
  at("address").textContent = `<${shortened(letter.address)}>`;
  at("where").textContent = `letter ${counted.format(letter.number)}, line ${counted.format(letter.line)}`;
  const tags = ["language", "segment", "variant"].flatMap((facet) =>
    valueNames(letter, facet).map((value) => drawTag(facet, value)));
  at("tags").replaceChildren(...tags);
  at("tags").hidden = tags.length === 0;
}

function drawTag(facet, value) {
  const label = element("span", { class: "visually-hidden" }, `${FACETS[facet].label}: `);
  return element("li", { class: facet }, label, element("bdi", {}, value));
}

function valueNames(letter, facet) {
  return letter.facets[facet].map((value) => shortened(index.facets[facet][value])).filter(Boolean);
}

function drawFindings() {
  at("findings").replaceChildren(...parts.findings.map(drawFinding));
  at("findings").hidden = parts.findings.length === 0;
  at("findings").removeAttribute("tabindex");
  if (at("findings").scrollHeight > at("findings").clientHeight) at("findings").tabIndex = 0; // to scroll it by keys
}

function drawFinding({ severity, code, problem, advice }) {
  const said = element("p", {}, element("b", {}, shortened(problem, 500)), ` ${shortened(advice, 500)} `);
  said.append(element("code", { class: "quiet" }, shortened(code)));
  return element("li", { class: severity }, element("span", { class: `severity ${severity}` }, severity), said);
}

function buildViews() {
  for (const [view, { label }] of Object.entries(VIEWS)) {
    const tab = element("button", { type: "button", role: "tab", id: `tab-${view}` }, label);
    tab.setAttribute("aria-controls", `pane-${view}`);
    tab.addEventListener("click", () => showView(view));
    at("tabs").append(tab);
    const toggle = element("button", { type: "button", id: `switch-${view}` }, label);
    toggle.addEventListener("click", () => toggleView(view));
    at("switches").append(toggle);
    at("panes").append(element("section", { id: `pane-${view}`, class: `pane ${view}`, hidden: "" }));
  }
}

function sideBySide() {
  return state.side && WIDE.matches;
}

function showView(view) {
  if (sideBySide()) return toggleView(view);
  state.views = [view, ...state.views.filter((other) => other !== view && state.side)];
  return changeViews();
}

function toggleView(view) {
  const without = state.views.filter((other) => other !== view);
  const wanted = without.length === state.views.length ? [view, ...without] : without;
  // The last one stays, and they stand in the order of their buttons.
  if (wanted.length > 0) state.views = Object.keys(VIEWS).filter((each) => wanted.includes(each));
  changeViews();
}

function toggleSide() {
  if (!WIDE.matches) return;
  state.side = !state.side;
  state.views = state.side ? [...new Set([state.views[0], "html", "text", "phone"])] : [state.views[0]];
  changeViews();
}

function changeViews() {
  if (parts) drawViews();
  rememberState();
}

function drawViews() {
  const side = sideBySide();
  at("tabs").hidden = side;
  at("switches").hidden = !side;
  at("side").setAttribute("aria-pressed", side);
  at("panes").classList.toggle("side", side);
  for (const [view, { label, draw }] of Object.entries(VIEWS)) {
    const shown = side ? state.views.includes(view) : state.views[0] === view;
    at(`tab-${view}`).setAttribute("aria-selected", !side && shown);
    at(`tab-${view}`).tabIndex = !side && shown ? 0 : -1;
    at(`switch-${view}`).setAttribute("aria-pressed", side && shown);
    const pane = at(`pane-${view}`);
    pane.hidden = !shown;
    pane.setAttribute("role", side ? "region" : "tabpanel");
    pane.setAttribute("aria-labelledby", side ? `title-${view}` : `tab-${view}`);
    pane.replaceChildren(...(side && shown ? [element("h3", { id: `title-${view}` }, label)] : []));
    if (shown) draw(pane, parts);
  }
}

/** A new frame each time: giving an old one another source would add a step to the browser's history. */
function drawFrame(pane, letter, { dark }) {
  const title = `${pane.id.slice(5)} view of letter ${letters[state.chosen].number}`;
  pane.append(element("iframe", {
    sandbox: "", class: dark ? "frame in-dark" : "frame", title, srcdoc: frameSource(letter, { dark }),
  }));
}

function drawText(pane, letter) {
  const shown = scrolled("pre", "Text of the letter", { dir: "auto" });
  shown.textContent = letter.text;
  markFindings(shown, letter.findings);
  pane.append(shown);
}

function drawHeaders(pane, letter) {
  const shown = scrolled("div", "Header fields of the message", { class: "scrolled" });
  shown.append(element("table", {}, element("tbody", {}, ...headerFields(letter.source).map(drawField))));
  pane.append(shown);
}

function drawField([name, value, decoded]) {
  const cell = element("td", {}, element("bdi", {}, decoded));
  if (decoded !== value) cell.append(element("code", { class: "raw" }, value));
  return element("tr", {}, element("th", { scope: "row" }, name), cell);
}

function drawSource(pane, letter) {
  const shown = scrolled("pre", "Source of the message", { class: "source", dir: "ltr" });
  shown.textContent = letter.source;
  pane.append(shown);
}

/** An element that scrolls by itself, by keys too. */
function scrolled(name, label, attributes) {
  return element(name, { tabindex: "0", role: "group", "aria-label": label, ...attributes });
}
