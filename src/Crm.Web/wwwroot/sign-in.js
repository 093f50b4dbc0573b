// Signing in, and the first account: answers come from /login and /register, words from the page. It looks as the system does, from the first visit on.
const cookie = name => (document.cookie.match(`(?:^|; )${name}=([^;]*)`) || [])[1];
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
document.cookie = `crm_dark=${dark ? 1 : 0}; path=/; max-age=31536000; samesite=strict`;
if (!['light', 'dark'].includes(cookie('crm_theme'))) document.documentElement.dataset.theme = dark ? 'dark' : 'light';

const form = document.querySelector('form[data-sign-in]');
const said = form.querySelector('[role=alert]');
const button = form.querySelector('button[type=submit]');

form.addEventListener('submit', async event => {
  event.preventDefault();
  said.textContent = '';
  button.disabled = true;
  const fields = new URLSearchParams(new FormData(form));
  try {
    if (form.dataset.signIn === 'register') {
      const made = await fetch('/register', { method: 'POST', body: fields });
      if (!made.ok) return tell(made, form.dataset['refused-' + made.status] || form.dataset.refused);
    }
    const entered = await fetch('/login', { method: 'POST', body: new URLSearchParams({ username: fields.get('username'), password: fields.get('password') }) });
    if (!entered.ok) return tell(entered, entered.status === 401 ? form.dataset.wrong : form.dataset.refused);
    const then = form.dataset.then || '/home';
    location.replace(then.startsWith('/') && !then.startsWith('//') && !then.startsWith('/\\') ? then : '/home');
  } catch {
    said.textContent = form.dataset.away;
  } finally {
    button.disabled = false;
  }
});

function tell(answer, words) {
  said.textContent = answer.status === 429 ? form.dataset.limited : answer.status >= 500 ? form.dataset.away : words;
  form.querySelector('input[name=password]')?.focus();
}
