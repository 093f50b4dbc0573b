// Cards with data-deal lie in places with data-drop: they are dragged from one to another, and moved by keys. The page looks again
// while somebody sees it, one look at a time, and never while a card is held.
export function start(board, page, every) {
  let held = null, over = null, timer = 0, stopped = false;
  const card = event => event.target.closest?.('[data-deal]');
  const place = event => event.target.closest?.('[data-drop]');
  const mark = next => {
    if (over === next) return;
    over?.removeAttribute('data-over');
    over = next;
    over?.setAttribute('data-over', '');
  };
  const release = () => {
    held?.removeAttribute('data-dragged');
    held = null;
    mark(null);
  };

  const act = {
    dragstart(event) {
      held = card(event);
      if (!held || held.draggable !== true) { held = null; return; }
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', held.dataset.deal);
      setTimeout(() => held?.setAttribute('data-dragged', ''));
    },
    dragover(event) {
      if (!held) return;
      mark(place(event));
      if (over) event.preventDefault();
    },
    dragleave(event) { if (!board.contains(event.relatedTarget)) mark(null); },
    drop(event) {
      if (!held) return;
      event.preventDefault();
      const [deal, to] = [held.dataset.deal, place(event)?.dataset.drop];
      release();
      if (to) page.invokeMethodAsync('Drop', deal, to);
    },
    dragend: release,
    keydown(event) {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      const at = card(event);
      if (!by || !at || event.shiftKey || event.metaKey) return;
      if (event.ctrlKey || event.altKey) {
        event.preventDefault();
        if (at.draggable) page.invokeMethodAsync('Step', at.dataset.deal, by[0], by[1]);
        return;
      }
      const next = neighbour(board, at, by);
      if (!next) return;
      event.preventDefault();
      reach(next);
    },
  };
  for (const name in act) board.addEventListener(name, act[name]);

  async function look() {
    const began = performance.now();
    const kept = document.activeElement?.closest('[data-deal]')?.dataset.deal;
    if (!document.hidden && !held && board.isConnected) {
      try { await page.invokeMethodAsync('Look'); } catch { /* The connection is away: it comes back by itself. */ }
      if (kept && document.activeElement === document.body) focus(board, kept);
    }
    // A look that takes long is made less often.
    if (!stopped) timer = setTimeout(look, Math.max(every, 10 * (performance.now() - began)));
  }
  if (every > 0) timer = setTimeout(look, every);

  return {
    focus(deal) { focus(board, deal); },
    stop() {
      stopped = true;
      clearTimeout(timer);
      for (const name in act) board.removeEventListener(name, act[name]);
    },
  };
}

function focus(board, deal) {
  const at = board.querySelector(`[data-deal="${CSS.escape(deal)}"]`);
  if (at) reach(at);
}

function reach(at) {
  at.querySelector('a').focus({ preventScroll: true });
  at.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

function neighbour(board, at, [x, y]) {
  const own = [...at.closest('[data-drop]').querySelectorAll('[data-deal]')];
  const row = own.indexOf(at);
  if (y) return own[row + y];
  const places = [...board.querySelectorAll('[data-drop]')];
  for (let next = places.indexOf(at.closest('[data-drop]')) + x; places[next]; next += x) {
    const cards = places[next].querySelectorAll('[data-deal]');
    if (cards.length) return cards[Math.min(row, cards.length - 1)];
  }
}
