// Sends the forms of the case page to the desk's own route as JSON, which a browser sends to no other site unasked.
"use strict";

function valueOf(field) {
  const text = field.value.trim();
  if (!text) return undefined;
  switch (field.dataset.form) {
    case "instant": return new Date(text).toISOString();
    case "number": return Number(text);
    case "reason": return [{ system: "text", text: text }];
    case "json": return JSON.parse(text);
    case "list": return text.split(/[,;\n]/).map((one) => one.trim()).filter(Boolean);
    case "lines": return text.split(/[,;\n]/).map((one) => one.trim()).filter(Boolean).map(lineOf);
    case "frequency": { const [kind, value] = text.split(/\s+/); return { kind: kind, value: Number(value) }; }
    case "flag": return { true: true, false: false }[text.toLowerCase()] ?? text;
    default: return text;
  }
}

// "E1390 x 1" is one ordered item; without a number its quantity is not said.
function lineOf(text) {
  const [code, quantity] = text.split(/\s+x\s+/i);
  return quantity === undefined ? { code: code } : { code: code, quantity: Number(quantity) };
}

// A name with a dot stands inside: fields.dob, waived.oxygen.saturation (what follows the first dot is the name there).
function put(said, name, value) {
  const dot = name.indexOf(".");
  if (dot < 0) said[name] = value;
  else (said[name.slice(0, dot)] ??= {})[name.slice(dot + 1)] = value;
}

function saidIn(form) {
  const said = form.dataset.command ? { command: form.dataset.command } : {};
  for (const field of form.elements) {
    if (field.name && field.tagName !== "BUTTON" && valueOf(field) !== undefined) put(said, field.name, valueOf(field));
  }
  return said;
}

async function sent(form, said) {
  const reply = await fetch(form.action, {
    method: form.dataset.method || "POST",
    headers: { "Content-Type": "application/json", ...(form.dataset.tag ? { "If-Match": `"${form.dataset.tag}"` } : {}) },
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
    const told = form.querySelector("output");
    let said;
    try {
      said = saidIn(form);
    } catch (wrong) {
      told.textContent = `Not taken: ${wrong.message}`;
      return;
    }
    const pressed = event.submitter;
    if (pressed && pressed.name) said[pressed.name] = pressed.value;
    const buttons = form.querySelectorAll("button");
    buttons.forEach((button) => { button.disabled = true; });  // a second click says nothing twice
    const outcome = await sent(form, said);
    told.textContent = outcome.text;
    if (outcome.taken) setTimeout(() => (form.dataset.then ? location.assign(form.dataset.then) : location.reload()), 800);
    else buttons.forEach((button) => { button.disabled = false; });
  });
}
