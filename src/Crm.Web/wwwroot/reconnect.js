// The connection was lost: try at once, then ever again; when the server does not know this page any more, open it anew where it is.
const notice = document.getElementById('components-reconnect-modal');
notice.addEventListener('components-reconnect-state-changed', change);

let again = 0;

function change(event) {
  const state = event.detail.state;
  if (state === 'show') notice.show();
  else if (state === 'hide') back();
  else if (state === 'failed') retry();
  else if (state === 'rejected') reopen();
}

function back() {
  notice.close();
  clearTimeout(again);
  document.dispatchEvent(new Event('crm-back'));
}

async function retry() {
  try {
    if (await Blazor.reconnect()) return;
    if (!await Blazor.resumeCircuit()) reopen();
  } catch {
    again = setTimeout(retry, 1000);
  }
}

// Not before the server can draw the page again.
async function reopen() {
  try {
    const ready = await fetch('/health/ready', { cache: 'no-store' });
    if (ready.ok) return location.reload();
  } catch {
    // It is not there yet.
  }
  setTimeout(reopen, 700);
}

document.addEventListener('visibilitychange', () => { if (!document.hidden && notice.open) { clearTimeout(again); retry(); } });
