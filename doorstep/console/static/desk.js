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

for (const form of document.querySelectorAll("form.desk")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = form.dataset.command ? { command: form.dataset.command } : {};
    for (const field of form.elements) {
      if (field.name && valueOf(field) !== undefined) said[field.name] = valueOf(field);
    }
    const told = form.querySelector("output");
    const reply = await fetch(form.action, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(said),
    }).catch(() => null);
    if (reply && reply.ok) {
      told.textContent = "Recorded.";
      setTimeout(() => location.reload(), 800);
      return;
    }
    const answer = reply ? await reply.json().catch(() => ({})) : {};
    told.textContent = answer.detail || answer.message || "It was not recorded.";
  });
}
