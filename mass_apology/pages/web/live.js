// Keeps an open page up to date: replaces only what changed, leaves alone what somebody types, and speaks seldom.
(() => {
  "use strict";
  const main = document.getElementById("main");
  const SPEAK_EVERY = 10000; // ms between two announcements for a screen reader
  const PATIENCE = 5000; // ms until a page without events is loaded again
  const typing = (part) => {
    const at = document.activeElement;
    return part.contains(at) && at.matches("input:not([type=hidden])") && at.value !== "";
  };

  function put(part, html) {
    const made = document.createElement("template");
    made.innerHTML = html;
    if (made.innerHTML === part.innerHTML || typing(part)) return;
    for (const details of part.querySelectorAll("details[open][id]")) {
      const again = made.content.getElementById(details.id);
      if (again) again.open = true;
    }
    if (made.innerHTML === part.innerHTML) return;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const summary = focused && focused.matches("summary") ? focused.parentElement.id : "";
    const id = focused ? focused.id : "";
    part.replaceChildren(made.content);
    const next = id ? document.getElementById(id) : summary ? document.querySelector(`#${CSS.escape(summary)} > summary`) : null;
    if (next) next.focus({ preventScroll: true });
  }

  if (main.dataset.reload) {
    const again = async () => {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (answer.ok) {
          const seen = new DOMParser().parseFromString(await answer.text(), "text/html");
          put(document.getElementById("list"), seen.getElementById("list").innerHTML);
        }
      } catch { /* the server is away; the next try may find it */ }
      setTimeout(again, Number(main.dataset.reload) * 1000);
    };
    setTimeout(again, Number(main.dataset.reload) * 1000);
  }
  if (!main.dataset.live) return;

  const lost = document.getElementById("lost");
  const announcer = document.getElementById("announcer");
  let spokeAt = 0;
  let heardAt = Date.now();

  function speak(sentence) {
    if (announcer.textContent === sentence || Date.now() - spokeAt < SPEAK_EVERY) return;
    spokeAt = Date.now();
    announcer.textContent = sentence;
  }

  const source = new EventSource(main.dataset.live);
  source.addEventListener("view", (event) => {
    const news = JSON.parse(event.data);
    heardAt = Date.now();
    lost.hidden = true;
    for (const [name, html] of Object.entries(news.parts)) {
      const part = document.getElementById(`part-${name}`);
      if (part) put(part, html);
    }
    if (document.title !== news.title) document.title = news.title;
    speak(news.say);
  });
  source.addEventListener("over", () => { source.close(); location.reload(); });
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) { lost.hidden = false; return; }
    document.getElementById("unlisted").hidden = false; // it answered, and had no place
    setTimeout(() => location.reload(), PATIENCE);
  });
  setInterval(() => {
    if (Date.now() - heardAt > PATIENCE && source.readyState !== EventSource.CLOSED) lost.hidden = false;
  }, 1000);
  addEventListener("pagehide", () => source.close());
})();
