// Approves a plan by passkey, and makes passkeys: what the server asks goes to the authenticator, and its answer back.
(() => {
  "use strict";
  const said = document.getElementById("passkey-said");
  const octets = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  async function post(path, form) {
    const answer = await fetch(path, { method: "POST", body: new URLSearchParams(form) });
    const kind = answer.headers.get("content-type") || "";
    const found = kind.includes("json") ? await answer.json() : { problem: "That did not work. Load the page again." };
    if (found.problem) throw new Error(found.problem);
    return found;
  }

  function sent(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "authenticatorData", "signature", "attestationObject"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
  }

  async function tried(act) {
    said.textContent = "";
    try {
      await act();
    } catch (error) {
      said.textContent = error.name === "NotAllowedError" ? "No passkey was used." : error.message;
    }
  }

  const approve = document.getElementById("passkey-approve");
  if (approve) approve.addEventListener("submit", (event) => {
    event.preventDefault();
    tried(async () => {
      const form = Object.fromEntries(new FormData(approve));
      const asked = await post(approve.action, form);
      asked.challenge = octets(asked.challenge);
      asked.allowCredentials = asked.allowCredentials.map((each) => ({ ...each, id: octets(each.id) }));
      const credential = await navigator.credentials.get({ publicKey: asked });
      const done = await post(approve.dataset.answer, { csrf: form.csrf, credential: sent(credential) });
      location.assign(done.done);
    });
  });

  const make = document.getElementById("passkey-make");
  if (make) make.addEventListener("submit", (event) => {
    event.preventDefault();
    tried(async () => {
      const form = Object.fromEntries(new FormData(make));
      const asked = await post(make.action, form);
      asked.challenge = octets(asked.challenge);
      asked.user.id = octets(asked.user.id);
      asked.excludeCredentials = [];
      const credential = await navigator.credentials.create({ publicKey: asked });
      const found = await post(make.dataset.answer, { csrf: form.csrf, credential: sent(credential) });
      const line = document.getElementById("passkey-line");
      line.textContent = found.line;
      line.parentElement.hidden = false;
    });
  });
})();
