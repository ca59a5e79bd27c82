"use strict";
// What a page does beyond HTML: results appear in place, values are copied, rows are added. Every page works without.

for (const button of document.querySelectorAll("[data-script]")) button.hidden = false;

// A form with a target: its answer is put there, and a dialog forgets it when it closes. An answer that is a whole page
// has the form with its mistakes, and takes the place of this one.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const target = document.getElementById(form.dataset.target ?? "");
  if (!target) return;
  event.preventDefault();
  // Not `form.action`: a button of that name would stand for it.
  const body = new URLSearchParams(new FormData(form, event.submitter));
  form.setAttribute("aria-busy", "true");
  try {
    const headers = { "X-Postern-Fragment": "1" };
    const answer = await fetch(form.getAttribute("action"), { method: "POST", headers, body, redirect: "error" });
    const html = (answer.headers.get("Content-Type") ?? "").startsWith("text/html");
    const text = await answer.text();
    if (html) show(target, new DOMParser().parseFromString(text, "text/html"));
    else say(target, text);
  } catch {
    say(target, "The console does not answer; it may have ended. Start it again: postern console");
  } finally {
    form.removeAttribute("aria-busy");
  }
});

function show(target, answer) {
  const main = answer.querySelector("main");
  if (main) {
    document.querySelector("main").replaceWith(main);
    for (const button of main.querySelectorAll("[data-script]")) button.hidden = false;
    (main.querySelector("[aria-invalid]") ?? main).focus();
    return;
  }
  fill(target, ...answer.body.childNodes);
}

function say(target, text) {
  const note = document.createElement("p");
  note.className = "note error";
  note.textContent = text;
  fill(target, note);
}

function fill(target, ...nodes) {
  const place = target.querySelector("[data-content]") ?? target;
  place.replaceChildren(...nodes);
  for (const button of place.querySelectorAll("[data-script]")) button.hidden = false;
  if (target instanceof HTMLDialogElement) target.showModal();
  else target.focus();
}

// A dialog that is closed forgets what it showed; the event does not bubble.
document.addEventListener("close", (event) => {
  event.target.querySelector?.("[data-content]")?.replaceChildren();
}, true);

// Nor does a page that the browser keeps for its Back button.
addEventListener("pagehide", () => {
  for (const place of document.querySelectorAll("[data-content]")) place.replaceChildren();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy], button[data-add-row], button[data-random]");
  if (!button) return;
  if (button.dataset.copy) {
    const field = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(field.value ?? field.textContent);
      button.textContent = "Copied";
    } catch {
      field.focus();
      field.select?.();
      button.textContent = "Press Ctrl-C";
    }
    return;
  }
  if (button.dataset.random) {
    // As many characters as the longest key of HS512 has bytes (RFC 7518, section 3.2).
    const bytes = crypto.getRandomValues(new Uint8Array(48));
    const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
    const field = document.getElementById(button.dataset.random);
    field.value = text;
    field.focus();
    return;
  }
  const rows = document.getElementById(button.dataset.addRow);
  const row = rows.lastElementChild.cloneNode(true);
  for (const field of row.querySelectorAll("input, textarea")) field.value = "";
  rows.append(row);
  row.querySelector("input, select")?.focus();
});

// A date that is typed is the one that is meant.
document.addEventListener("input", (event) => {
  const radio = document.getElementById(event.target.dataset?.checks ?? "");
  if (radio) radio.checked = true;
});

// What happens meanwhile: the part of the page that shows it is sent anew. It has nothing in it that has the focus.
for (const place of document.querySelectorAll("[data-events]")) {
  const source = new EventSource(place.dataset.events);
  source.addEventListener("message", (event) => {
    place.replaceChildren(...new DOMParser().parseFromString(event.data, "text/html").body.childNodes);
  });
  source.addEventListener("error", () => {
    source.close();
    for (const note of document.querySelectorAll("[data-ended]")) note.hidden = false;
  });
  addEventListener("pagehide", () => source.close());
}
