// Goes through the papers of a page by keyboard. Without this they are links like all others.
(() => {
  const help = document.getElementById('keys');
  const box = document.querySelector('form.search input[name="q"]');
  const papers = () => [...document.querySelectorAll('.results > li')];
  let at = null;

  for (const button of document.querySelectorAll('[data-shows="keys"]')) {
    button.hidden = false;
    button.addEventListener('click', () => help.showModal());
  }

  function moveTo(paper) {
    if (!paper) return;
    at?.removeAttribute('data-at');
    at = paper;
    at.setAttribute('data-at', '');
    at.querySelector('h2 a').focus({ preventScroll: true });
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    at.scrollIntoView({ block: 'nearest', behavior: still ? 'instant' : 'smooth' });
  }

  function step(by) {
    const all = papers();
    const here = all.indexOf(document.activeElement.closest('.results > li') ?? at);
    moveTo(all[here < 0 ? 0 : here + by]);
  }

  /** Of the paper that is being looked at, else of the page. */
  function follow(key) {
    const link =
      at?.querySelector(`[data-key="${key}"]`) ??
      document.querySelector(`[data-key="${key}"]:not(.results *)`);
    link?.click();
  }

  const actions = {
    '/': () => {
      box.focus();
      box.select();
    },
    '?': () => help.showModal(),
    j: () => step(1),
    k: () => step(-1),
    o: () => at?.querySelector('h2 a').click(),
    r: () => follow('r'),
    s: () => follow('s'),
  };

  document.addEventListener('keydown', (event) => {
    // Typing, a dialog's own keys, and what browsers and screen readers have for themselves.
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
    const isTyping = event.target.closest('input:not([type="checkbox"], [type="radio"]), textarea, select');
    if (event.key === 'Escape' && event.target === box) box.blur();
    if (isTyping || !Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });
})();
