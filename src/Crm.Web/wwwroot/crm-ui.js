// What only a browser can do for the pages. Everything else is done where the customers live.
const year = 31536000;
const keep = (name, value) => { document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${year}; samesite=strict`; };
const kept = name => decodeURIComponent((document.cookie.match(`(?:^|; )${name}=([^;]*)`) || [])[1] || '');

// Where whoever looks is, and in what light: the next page is drawn so at once.
const dark = matchMedia('(prefers-color-scheme: dark)');
const note = () => {
  keep('crm_zone', Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC');
  keep('crm_dark', dark.matches ? '1' : '0');
};
note();
dark.addEventListener('change', () => {
  note();
  if (!['light', 'dark'].includes(kept('crm_theme'))) setDark(dark.matches);
});

function setDark(on) {
  document.documentElement.dataset.theme = on ? 'dark' : 'light';
  if (shell) shell.invokeMethodAsync('Darken', on);
}

// Without a network a page says so in place of the browser; nothing else is kept from the network.
navigator.serviceWorker?.register('/sw.js').catch(() => {});

let shell = null;

export function start(page) {
  shell = page;
  document.addEventListener('keydown', key);
  document.documentElement.dataset.ready = '';
  return { zone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC', dark: dark.matches };
}

export function stop() {
  shell = null;
  document.removeEventListener('keydown', key);
}

export function choose(name, value) { keep(name, value); }

const typing = element => element?.closest('input, textarea, select, [contenteditable=true]');

// What is typed after the key that opens the palette and before it is there.
let ahead = null;
function openPalette() {
  const mine = ahead = { text: '' };
  setTimeout(() => { if (ahead === mine) ahead = null; }, 3000);
  shell.invokeMethodAsync('Key', 'palette');
}

let leader = 0;
function key(event) {
  if (!shell || event.defaultPrevented) return;
  if (ahead && !typing(event.target) && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
    ahead.text += event.key;
    event.preventDefault();
    return;
  }
  // A choice in a list is no sending of the form around it.
  if (event.key === 'Enter' && event.target.matches?.('.picker [aria-expanded=true]')) { event.preventDefault(); return; }
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    openPalette();
    return;
  }
  if (command || event.altKey || typing(event.target) || document.querySelector('[role=dialog]')) return;
  const name = event.key === '?' ? 'help' : event.key === '/' ? 'palette' : event.key.length === 1 ? event.key.toLowerCase() : '';
  if (!name) return;
  const now = Date.now();
  if (name === 'g') { leader = now; return; }
  const sequence = now - leader < 1500 && name.length === 1 ? 'g ' + name : name;
  leader = 0;
  if (name === 'help' || name === 'palette') event.preventDefault();
  if (sequence === 'palette') openPalette();
  else shell.invokeMethodAsync('Key', sequence);
}

export function focus(selector) {
  const element = document.querySelector(selector);
  if (element) element.focus();
}

// The place where one is, among those beside it.
export function reveal() {
  const [row, at] = [document.querySelector('.nav'), document.querySelector('.nav [aria-current]')];
  if (at && row.scrollWidth > row.clientWidth) row.scrollLeft = at.getBoundingClientRect().left + row.scrollLeft - row.getBoundingClientRect().left - (row.clientWidth - at.offsetWidth) / 2;
}

export function scrolled(element, page, within) {
  const look = () => {
    if (element.scrollHeight - element.scrollTop - element.clientHeight < within) page.invokeMethodAsync('Near');
  };
  element.addEventListener('scroll', look, { passive: true });
  look();
}

export function zone() { return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'; }

// A page that came without TLS has no clipboard of its own: then the old way.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = document.createElement('textarea');
    box.value = text;
    (document.querySelector('dialog[open]') ?? document.body).append(box);
    box.select();
    const done = document.execCommand('copy');
    box.remove();
    return done;
  }
}

export function shine(on) {
  document.documentElement.dataset.theme = on ? 'dark' : 'light';
}

// Over the page, and gone with a click beside it.
export function over(dialog) {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });
  const first = dialog.querySelector('[autofocus]');
  first?.focus();
  if (!ahead || !first?.matches('.palette-input')) return;
  if (ahead.text) {
    first.value = ahead.text;
    first.dispatchEvent(new Event('input', { bubbles: true }));
  }
  ahead = null;
}
