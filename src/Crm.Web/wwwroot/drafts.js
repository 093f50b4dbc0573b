// What is being typed outlives its page, in this tab alone: a server that restarts or a session that ends takes nothing of it.
// Two parts: what the server knows of the form (kept), and what stands in its fields, which it may not have heard (typed).
const read = key => { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } };
const write = (key, value) => {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // There is no room: it is only a draft.
  }
};
const value = field => field.type === 'checkbox' ? field.checked : field.value;

export function begin(form, name) {
  form.addEventListener('input', event => {
    const field = event.target;
    // What is chosen from a list is known to the server, or is no choice.
    if (field.id && field.getAttribute('role') !== 'combobox') write(`typed ${name}`, { ...read(`typed ${name}`), [field.id]: value(field) });
  });
  const back = () => { if (form.isConnected) again(form, name, true); else document.removeEventListener('crm-back', back); };
  document.addEventListener('crm-back', back);
  return read(`kept ${name}`);
}

// Puts into the fields what was typed into them, as if it were typed now. all: also what they show already, for a server that did not hear it.
export function again(form, name, all) {
  for (const [id, typed] of Object.entries(read(`typed ${name}`) ?? {})) {
    const field = form.querySelector(`#${CSS.escape(id)}`);
    if (!field || field.disabled || (!all && value(field) === typed)) continue;
    if (field.type === 'checkbox') field.checked = typed;
    else field.value = typed;
    for (const told of ['input', 'change']) field.dispatchEvent(new Event(told, { bubbles: true }));
  }
}

export function keep(name, known) { write(`kept ${name}`, known); }

export function forget(name) {
  write(`kept ${name}`, null);
  write(`typed ${name}`, null);
}
