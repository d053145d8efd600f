// Sends the forms of the case page to the desk's own route as JSON, which a browser sends to no other site unasked.
"use strict";

function valueOf(field) {
  const text = field.value.trim();
  if (!text) return undefined;
  switch (field.dataset.form) {
    case "instant": return new Date(text).toISOString();
    case "number": return Number(text);
    case "reason": return [{ system: "text", text: text }];
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

// A name with slashes is a path: provider/area/states; a step that is a number is a place in a list.
function putAt(said, steps, value) {
  const last = steps.length - 1;
  steps.slice(0, last).reduce((at, step, n) => (at[step] ??= typeof steps[n + 1] === "number" ? [] : {}), said)[steps[last]] = value;
}

// Returns what the form says, and where each field of it stands in that: an error of the hub names its place.
function saidIn(form) {
  const said = form.dataset.command ? { command: form.dataset.command } : {};
  const places = new Map();
  for (const field of form.elements) {
    if (!field.name || field.tagName === "BUTTON" || field.closest("[data-rows]")) continue;
    const value = valueOf(field);
    const steps = field.name.split("/");
    places.set(steps.join("."), field);
    if (value === undefined) continue;
    if (steps.length > 1) putAt(said, steps, value);
    else put(said, field.name, value);
  }
  for (const box of form.querySelectorAll("[data-rows]")) rowsIn(box, said, places);
  return { said, places };
}

// The rows of a list, or, where one field is the key, of a map; a row with nothing in it does not count.
function rowsIn(box, said, places) {
  const path = box.dataset.rows.split("/");
  let number = 0;
  for (const row of box.querySelectorAll("[data-row]")) {
    const fields = [...row.querySelectorAll("[name]")];
    const given = fields.filter((field) => valueOf(field) !== undefined);
    if (!given.length) continue;
    const key = box.dataset.keyed ? valueOf(fields.find((field) => field.name === box.dataset.keyed)) : number++;
    if (key === undefined) throw new Wrong(fields.find((field) => field.name === box.dataset.keyed), "Say which it is for.");
    for (const field of fields) {
      places.set([...path, key, field.name].join("."), field);
      if (field.name !== box.dataset.keyed && given.includes(field)) putAt(said, [...path, key, field.name], valueOf(field));
    }
  }
}

class Wrong extends Error {
  constructor(field, text) { super(text); this.field = field; }
}

let shownErrors = 0;

// Writes an error beside its field, where eyes and screen readers find it.
function showAt(field, text) {
  const told = document.createElement("span");
  told.className = "wrong";
  told.id = `wrong-${++shownErrors}`;
  told.textContent = text;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", told.id);
  (field.closest("label") || field).append(told);
  for (let shut = field.closest("details"); shut; shut = shut.parentElement.closest("details")) shut.open = true;
}

function forget(form) {
  form.querySelectorAll(".wrong").forEach((told) => told.remove());
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

// The field that the hub names, or the one that holds what it names (licences.0.states.1 stands in states).
function fieldAt(places, location) {
  for (let place = location || ""; place; place = place.includes(".") ? place.slice(0, place.lastIndexOf(".")) : "") {
    if (places.has(place)) return places.get(place);
  }
  return null;
}

async function sent(form, said) {
  const reply = await fetch(form.action, {
    method: form.dataset.method || "POST",
    headers: { "Content-Type": "application/json", ...(form.dataset.tag ? { "If-Match": `"${form.dataset.tag}"` } : {}) },
    body: JSON.stringify(said),
  }).catch(() => null);
  const answer = reply ? await reply.json().catch(() => ({})) : {};
  if (reply && reply.ok) return { taken: true, text: answer.state === "recorded" ? "Recorded, not yet done." : "Done." };
  const text = answer.detail || answer.message || "the hub did not answer";
  return { taken: false, text: `Not taken: ${text}`, why: text, location: answer.location };
}

function submitted(form) {
  forget(form);
  const unfit = [...form.elements].filter((field) => field.willValidate && !field.checkValidity());
  if (unfit.length) {
    unfit.forEach((field) => showAt(field, (field.validity.patternMismatch && field.title) || field.validationMessage));
    unfit[0].focus();
    return { problem: `Not sent: ${unfit.length === 1 ? "one field needs" : `${unfit.length} fields need`} another look.` };
  }
  try {
    return saidIn(form);
  } catch (wrong) {
    if (wrong.field) { showAt(wrong.field, wrong.message); wrong.field.focus(); }
    return { problem: `Not sent: ${wrong.message}` };
  }
}

for (const form of document.querySelectorAll("form.desk")) {
  form.noValidate = true;  // errors stand beside their fields, not in bubbles that go away
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const told = form.querySelector("output");
    const { said, places, problem } = submitted(form);
    if (problem) { told.textContent = problem; return; }
    const pressed = event.submitter;
    if (pressed && pressed.name) said[pressed.name] = pressed.value;
    const buttons = form.querySelectorAll("button");
    buttons.forEach((button) => { button.disabled = true; });  // a second click says nothing twice
    const outcome = await sent(form, said);
    told.textContent = outcome.text;
    if (outcome.taken) {
      setTimeout(() => (form.dataset.then ? location.assign(form.dataset.then) : location.reload()), 800);
      return;
    }
    buttons.forEach((button) => { button.disabled = false; });
    const field = fieldAt(places, outcome.location);
    if (field) { showAt(field, outcome.why); field.focus(); }
  });
}

for (const button of document.querySelectorAll("[data-use]")) {
  button.addEventListener("click", () => {
    const field = button.form.elements[button.dataset.use];
    field.value = button.dataset.value;
    field.focus();
  });
}

function numbered(box) {
  box.querySelectorAll("[data-row]").forEach((row, n) => {
    for (const one of [row, row.querySelector("[data-remove]")]) {
      one.setAttribute("aria-label", one.getAttribute("aria-label").replace(/\d+$/, n + 1));
    }
  });
}

function emptied(row) {
  row.querySelectorAll("[name]").forEach((field) => { field.value = ""; });
  row.querySelectorAll(".wrong").forEach((told) => told.remove());
  row.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
}

for (const box of document.querySelectorAll("[data-rows]")) {
  const add = box.querySelector("[data-add]");
  box.addEventListener("click", (event) => {
    const rows = box.querySelectorAll("[data-row]");
    if (event.target === add) {
      const row = rows[rows.length - 1].cloneNode(true);
      emptied(row);
      add.before(row);
      numbered(box);
      row.querySelector("[name]").focus();
    } else if (event.target.matches("[data-remove]")) {
      const row = event.target.closest("[data-row]");
      if (rows.length > 1) row.remove(); else emptied(row);
      numbered(box);
      add.focus();
    }
  });
}
