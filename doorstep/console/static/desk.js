// Sends the forms of the case page to the desk's own route as JSON, which a browser sends to no other site unasked.
"use strict";

function valueOf(field) {
  const text = field.value.trim();
  if (!text) return undefined;
  switch (field.dataset.form) {
    case "instant": return new Date(text).toISOString();
    case "number": return Number(text);
    case "reason": return [{ system: "text", text: text }];
    default: return text;
  }
}

function saidIn(form) {
  const said = form.dataset.command ? { command: form.dataset.command } : {};
  for (const field of form.elements) {
    if (field.name && valueOf(field) !== undefined) said[field.name] = valueOf(field);
  }
  return said;
}

async function sent(form, said) {
  const reply = await fetch(form.action, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(said),
  }).catch(() => null);
  const answer = reply ? await reply.json().catch(() => ({})) : {};
  if (reply && reply.ok) return { taken: true, text: answer.state === "recorded" ? "Recorded, not yet done." : "Done." };
  const place = answer.location ? ` (${answer.location.split(".").pop()})` : "";
  return { taken: false, text: `Not taken: ${answer.detail || answer.message || "the hub did not answer"}${place}` };
}

for (const form of document.querySelectorAll("form.desk")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = saidIn(form);
    const pressed = event.submitter;
    if (pressed && pressed.name) said[pressed.name] = pressed.value;
    const told = form.querySelector("output");
    const buttons = form.querySelectorAll("button");
    buttons.forEach((button) => { button.disabled = true; });  // a second click says nothing twice
    const outcome = await sent(form, said);
    told.textContent = outcome.text;
    if (outcome.taken) setTimeout(() => location.reload(), 800);
    else buttons.forEach((button) => { button.disabled = false; });
  });
}
