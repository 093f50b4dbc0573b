// A list under the keyboard: arrows go from cell to cell, Enter or a double click edits the cell.
export function watch(frame, page) {
  const cellOf = target => target.closest?.('td[data-cell]');
  const edit = cell => {
    const row = cell.closest('tr');
    if (cell.dataset.field) page.invokeMethodAsync('EditCell', row.dataset.id, cell.dataset.field);
  };
  frame.addEventListener('dblclick', event => {
    const cell = cellOf(event.target);
    if (cell && !event.target.closest('a, button, input, select, textarea, .cell-edit')) edit(cell);
  });
  frame.addEventListener('keydown', event => {
    if (event.target.closest('.cell-edit') || event.ctrlKey || event.metaKey || event.altKey) return;
    const cell = cellOf(event.target);
    if (event.key === 'Enter' && cell === event.target) { event.preventDefault(); edit(cell); return; }
    const step = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
    if (!step || event.target.matches('input:not([type=checkbox]), select, textarea')) return;
    const to = cell ? near(cell, step) : event.target === frame ? frame.querySelector('td[data-cell]') : null;
    if (!to) return;
    event.preventDefault();
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
}

function near(cell, [down, right]) {
  if (right) return right > 0 ? cell.nextElementSibling : cell.previousElementSibling?.matches('[data-cell]') ? cell.previousElementSibling : null;
  let row = cell.closest('tr');
  do row = down > 0 ? row.nextElementSibling : row.previousElementSibling; while (row && !row.dataset.id);
  return row?.children[cell.cellIndex];
}

export function enter() {
  const input = document.querySelector('.cell-edit :is(input, select, textarea)');
  input?.focus();
  if (input?.select && input.type !== 'checkbox') input.select();
}

export function leave(id, field) {
  document.querySelector(`tr[data-id="${CSS.escape(id)}"] td[data-field="${CSS.escape(field)}"]`)?.focus({ preventScroll: true });
}

// The rows that somebody sees are looked at again, one look at a time; one that takes long is made less often.
export function look(frame, page, every) {
  const again = async () => {
    if (!frame.isConnected) return;
    const began = performance.now();
    if (!document.hidden) {
      const { top, bottom } = frame.getBoundingClientRect();
      const seen = [...frame.querySelectorAll('tr[data-id]')].filter(row => {
        const at = row.getBoundingClientRect();
        return at.bottom > Math.max(top, 0) && at.top < Math.min(bottom, innerHeight);
      });
      try { if (seen.length) await page.invokeMethodAsync('Look', seen.map(row => row.dataset.id)); } catch { /* The connection is away: it comes back by itself. */ }
    }
    setTimeout(again, Math.max(every, 10 * (performance.now() - began)));
  };
  setTimeout(again, every);
}
