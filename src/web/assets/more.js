// Appends further results in place, and says why a result is here. Without this both are pages of their own.
(() => {
  /** Appended at most, and loaded again on the way back: each is a search. */
  const MAX_PAGES = 10;
  /** As long as the service itself tries. */
  const LIMIT_MS = 30_000;

  const list = document.querySelector('.hits > .results');
  if (!list) return;
  const link = document.querySelector('.hits .next');
  const said = document.querySelector('.hits .shown');
  /** Addresses of what was appended. */
  const pages = [];

  async function read(href) {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const answer = await fetch(href, { headers: { accept: 'text/html' }, signal });
    if (!answer.ok) throw new Error(`answered with ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (!page.querySelector('.hits > .results')) throw new Error('another page came');
    return page;
  }

  /** The first paper of the page that was appended. */
  async function append(href) {
    const page = await read(href);
    const papers = [...page.querySelectorAll('.hits > .results > li')];
    for (const paper of papers) paper.dataset.page = href;
    list.append(...papers);
    const next = page.querySelector('.hits .next');
    if (next) link.href = next.getAttribute('href');
    else link.remove();
    pages.push(href);
    return papers[0];
  }

  const isPlain = (event) =>
    event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

  link?.addEventListener('click', async (event) => {
    if (!isPlain(event) || pages.length >= MAX_PAGES) return;
    event.preventDefault();
    if (list.hasAttribute('aria-busy')) return;
    list.setAttribute('aria-busy', 'true');
    const before = list.children.length;
    said.textContent = 'Looking for more…';
    try {
      const first = await append(link.getAttribute('href'));
      said.textContent = `${list.children.length - before} more, ${list.children.length} shown.`;
      first?.querySelector('h2 a').focus();
      // The browser would put back a place that isn't there yet.
      history.scrollRestoration = 'manual';
      remember();
    } catch (error) {
      said.textContent = `More could not be loaded (${error.message}). Try again.`;
    }
    list.removeAttribute('aria-busy');
  });

  /** In the entry of the history: back and reload find the list as it was. */
  function remember(opened = history.state?.opened) {
    if (pages.length > 0) history.replaceState({ pages, top: scrollY, opened }, '');
  }
  addEventListener('scrollend', () => remember());
  document.addEventListener('click', (event) => {
    const left = event.target.closest('a[href]');
    if (left && left !== link) remember(left.closest('.results') ? left.getAttribute('href') : undefined);
  });

  async function restore({ pages: earlier = [], top = 0, opened } = {}) {
    if (!link || earlier.length === 0) return;
    list.setAttribute('aria-busy', 'true');
    try {
      for (const href of earlier.slice(0, MAX_PAGES)) await append(href);
    } catch {
      // What is there stays, and the link leads on from it.
    }
    list.removeAttribute('aria-busy');
    scrollTo({ top, behavior: 'instant' });
    if (opened) list.querySelector(`a[href="${CSS.escape(opened)}"]`)?.focus({ preventScroll: true });
  }
  restore(history.state ?? {});

  list.addEventListener('click', async (event) => {
    const hide = event.target.closest('.because a');
    const button = hide
      ? hide.closest('li').querySelector('button[name="why"]')
      : event.target.closest('button[name="why"]');
    if (!button || !isPlain(event)) return;
    event.preventDefault();
    const paper = button.closest('li');
    const shown = paper.querySelector('.because');
    const isOpen = button.getAttribute('aria-expanded') === 'true' || shown !== null;
    button.setAttribute('aria-expanded', String(!isOpen));
    if (isOpen) {
      shown?.remove();
      return button.focus();
    }
    const address = new URL(paper.dataset.page ?? location.href, location.href);
    address.searchParams.set('why', button.value);
    try {
      const why = (await read(address)).querySelector('.hits .because');
      if (!why) throw new Error('nothing to say');
      const isWanted = button.getAttribute('aria-expanded') === 'true';
      if (isWanted && !paper.querySelector('.because')) paper.querySelector('.actions').before(why);
    } catch {
      location.assign(address);
    }
  });
})();
