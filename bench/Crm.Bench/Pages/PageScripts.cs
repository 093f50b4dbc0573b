namespace Crm.Bench;

/// <summary>What is watched within a page, by the page's own clock.</summary>
internal static class PageScripts
{
    /// <summary>Before anything else of a document: notes when the page answers to clicks.</summary>
    public const string NoteReady = """
        new MutationObserver(() => { if (!window.readyAt && document.documentElement?.dataset.ready !== undefined) window.readyAt = performance.now(); })
          .observe(document, { attributes: true, childList: true, subtree: true });
        """;

    /// <summary>When something was painted first, and when the page answered to clicks.</summary>
    public const string FirstTimes = "() => [performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1, window.readyAt ?? -1]";

    /// <summary>Goes to a place by the navigation: until its heading stands there, and until nothing is being loaded; fails after 15 s.</summary>
    public const string Turn = """
        href => new Promise((done, fail) => {
          const link = document.querySelector(`.nav a[href^="${href}"]`), before = document.querySelector('#main h1')?.textContent, began = performance.now();
          let heading = 0;
          const look = () => {
            const now = document.querySelector('#main h1')?.textContent;
            if (!heading && now && now !== before) heading = performance.now() - began;
            if (heading && !document.querySelector('#main .skeleton')) { end(); done([heading, performance.now() - began]); }
          };
          const late = setTimeout(() => { end(); fail(new Error(`15 s after a click on ${href} the page has the heading "${document.querySelector('#main h1')?.textContent}" (before: "${before}")`)); }, 15000);
          const end = () => { watch.disconnect(); clearTimeout(late); };
          const watch = new MutationObserver(look);
          watch.observe(document.body, { childList: true, subtree: true, characterData: true });
          link.click();
        })
        """;

    /// <summary>Types a letter into the palette: until what it shows has changed for the last time.</summary>
    public const string Letter = """
        text => new Promise(done => {
          const input = document.querySelector('.palette-input'), list = document.querySelector('.palette'), began = performance.now();
          let last = began, quiet = 0;
          const settled = () => { watch.disconnect(); done(last - began); };
          const watch = new MutationObserver(() => { last = performance.now(); clearTimeout(quiet); quiet = setTimeout(settled, 500); });
          watch.observe(list, { childList: true, subtree: true, characterData: true });
          quiet = setTimeout(settled, 1500);
          input.value = text;
          input.dispatchEvent(new Event('input', { bubbles: true }));
        })
        """;

    /// <summary>
    /// Scrolls a list by so many pixels a frame: the longest time in which a place where rows belong was empty, the longest in which the
    /// end of what was loaded stopped it, and the rows passed.
    /// </summary>
    public const string Scroll = """
        ([step, seconds]) => new Promise(done => {
          const frame = document.querySelector('.table-frame'), box = frame.getBoundingClientRect(), began = performance.now();
          let blankSince = 0, longestBlank = 0, stuckSince = 0, longestStuck = 0, from = frame.scrollTop;
          const isBlank = () => [.2, .5, .9].some(at => !document.elementFromPoint(box.left + 60, box.top + 40 + (box.height - 60) * at)?.closest('tr[data-id]'));
          const tick = now => {
            const blank = isBlank(), stuck = frame.scrollTop + frame.clientHeight >= frame.scrollHeight - 2;
            blankSince = blank ? blankSince || now : 0;
            stuckSince = stuck ? stuckSince || now : 0;
            if (blank) longestBlank = Math.max(longestBlank, now - blankSince);
            if (stuck) longestStuck = Math.max(longestStuck, now - stuckSince);
            if (now - began > seconds * 1000) { done([longestBlank, longestStuck, (frame.scrollTop - from) / 40]); return; }
            frame.scrollTop += step;
            requestAnimationFrame(tick);
          };
          requestAnimationFrame(tick);
        })
        """;

    /// <summary>Drops a deal's card on a stage, as the browser tells the page of it.</summary>
    public const string Drop = """
        ([deal, stage]) => {
          const card = document.querySelector(`[data-deal="${deal}"]`), place = document.querySelector(`[data-drop="${stage}"] .cards`), data = new DataTransfer();
          for (const [name, at] of [['dragstart', card], ['dragover', place], ['drop', place], ['dragend', card]])
            at.dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer: data }));
        }
        """;

    /// <summary>Tells of each change of a number.</summary>
    public const string Follow = """
        selector => {
          const number = document.querySelector(selector);
          new MutationObserver(() => window.moved(number.textContent)).observe(number, { childList: true, subtree: true, characterData: true });
        }
        """;
}
