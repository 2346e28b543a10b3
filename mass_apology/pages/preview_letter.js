"use strict";

// What one letter looks like. Nothing here runs what a letter holds: its HTML is parsed into a document that has no
// window, disarmed there, and shown in a frame that may not run scripts, with a policy that admits no request.

const FRAME_POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";
const NEVER_SHOWN =
  "script, noscript, template, iframe, frame, object, embed, link, base, meta[http-equiv], audio, video";
const ADDRESSES = new Set([
  "href", "xlink:href", "src", "srcset", "background", "poster", "action", "formaction", "data", "ping",
]);
const MARK_STYLE =
  "mark.finding{background:#ffe08a!important;color:#1d2126!important;outline:1px solid #c98a00;border-radius:2px}" +
  ":where(a[data-address]){color:LinkText;text-decoration:underline;cursor:help}";

/** The source of a frame that shows the letter's HTML, in its light or its dark colours whatever the viewer prefers. */
function frameSource(letter, { dark }) {
  const page = new DOMParser().parseFromString(letter.html, "text/html");
  for (const element of page.querySelectorAll(NEVER_SHOWN)) element.remove();
  for (const element of page.querySelectorAll("*")) disarm(element, letter.images);
  for (const form of page.forms) form.inert = true;
  for (const sheet of page.querySelectorAll("style")) {
    sheet.textContent = withoutAddresses(inScheme(sheet.textContent, dark));
  }
  markFindings(page.body, letter.findings);
  const policy = page.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = FRAME_POLICY;
  const style = page.createElement("style");
  style.textContent = `:root{color-scheme:${dark ? "dark" : "light"}!important}${MARK_STYLE}`;
  page.head.prepend(policy);
  page.head.append(style);
  return `<!doctype html>${page.documentElement.outerHTML}`;
}

/** Take away what acts or loads; a link keeps its address as a tooltip, an image of the message gets its data. */
function disarm(element, images) {
  for (const { name, value } of [...element.attributes]) {
    if (name.startsWith("on")) {
      element.removeAttribute(name);
    } else if (name === "style") {
      element.setAttribute(name, withoutAddresses(value));
    } else if (ADDRESSES.has(name)) {
      replaceAddress(element, name, value.trim(), images);
    }
  }
}

function replaceAddress(element, name, value, images) {
  element.removeAttribute(name);
  if (name === "src" && value.startsWith("cid:") && Object.hasOwn(images, contentId(value))) {
    element.setAttribute("src", data(`image-${images[contentId(value)]}`));
  } else if (name === "src" && /^data:image\//i.test(value)) {
    element.setAttribute("src", value);
  } else {
    element.setAttribute("data-address", value);
    element.setAttribute("title", reveal(value));
    if (element.localName === "img" && !element.alt) element.alt = "image not shown here";
  }
}

/** "cid:logo%40acme" → "logo@acme" (RFC 2392). */
function contentId(address) {
  try {
    return decodeURIComponent(address.slice(4));
  } catch {
    return address.slice(4);
  }
}

function withoutAddresses(css) {
  return css.replace(/@import[^;]*;?/gi, "").replace(/url\(\s*["']?(?!["']?data:)[^)]*\)/gi, "none");
}

/** The rules for one colour scheme always apply, those for the other never. */
function inScheme(css, dark) {
  return css.replace(/\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)/gi, (_, scheme) =>
    (scheme.toLowerCase() === "dark") === dark ? "(min-width: 0)" : "(max-width: 0)");
}

function markFindings(root, findings) {
  for (const finding of findings) {
    for (const words of finding.marks) markWords(root, words, finding);
  }
}

/** Wrap these words in <mark> wherever they stand, across line breaks and elements too. */
function markWords(root, words, finding) {
  const wanted = words.replace(/\s+/g, " ").trim();
  if (!wanted) return;
  const { text, places } = readableText(root);
  const found = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) found.push(at);
  for (const at of found.reverse()) {
    for (const run of runs(places.slice(at, at + wanted.length)).reverse()) wrap(run, finding);
  }
}

/** The text below `root` with white space as single spaces, and the node and offset of each character. */
function readableText(root) {
  const walker = root.ownerDocument.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const letters = [];
  const places = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("style, title, textarea")) continue;
    for (let offset = 0; offset < node.data.length; offset += 1) {
      const letter = /\s/.test(node.data[offset]) ? " " : node.data[offset];
      if (letter === " " && letters.at(-1) === " ") continue;
      letters.push(letter);
      places.push([node, offset]);
    }
  }
  return { text: letters.join(""), places };
}

/** Neighbouring characters of one node as one run: [node, first offset, offset after the last]. */
function runs(places) {
  const all = [];
  for (const [node, offset] of places) {
    const last = all.at(-1);
    if (last && last[0] === node) last[2] = offset + 1;
    else all.push([node, offset, offset + 1]);
  }
  return all;
}

function wrap([node, from, to], finding) {
  const words = node.splitText(from);
  words.splitText(to - from);
  const mark = node.ownerDocument.createElement("mark");
  mark.className = `finding ${finding.severity}`;
  mark.title = finding.problem;
  words.replaceWith(mark);
  mark.append(words);
}

/** The header fields of a message, unfolded: [name, value as it stands, value as a mail program shows it]. */
function headerFields(source) {
  const end = source.indexOf("\n\n");
  const head = end < 0 ? source : source.slice(0, end);
  return head.replace(/\n(?=[ \t])/g, "").split("\n").filter(Boolean).map((line) => {
    const colon = line.indexOf(":");
    const value = line.slice(colon + 1).trim();
    return [line.slice(0, Math.max(colon, 0)), value, reveal(decodeWords(value))];
  });
}

/** Encoded words (RFC 2047) as text; what cannot be decoded stays as it is. */
function decodeWords(value) {
  return value
    .replace(/(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)\s+(?==\?)/gi, "$1")
    .replace(/=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi, (word, charset, kind, text) => {
      try {
        const raw = kind.toLowerCase() === "b"
          ? atob(text)
          : text.replace(/_/g, " ").replace(/=([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
        return new TextDecoder(charset).decode(Uint8Array.from(raw, (octet) => octet.charCodeAt(0)));
      } catch {
        return word;
      }
    });
}

/** What is there without being seen becomes visible: "a\u202eb" → "a⟨U+202E⟩b". */
function reveal(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (unseen) =>
    `⟨U+${unseen.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

function data(id) {
  return JSON.parse(document.getElementById(id).textContent);
}
