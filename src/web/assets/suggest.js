// Offers titles, authors and categories that go on like what is typed. Without this the box is a box.
(() => {
  const PAUSE_MS = 120;
  const SHOWN = 8;
  /** Of these so many at most, so that titles keep their room. */
  const NAMES = 3;
  const CATEGORIES = 2;

  const box = document.querySelector('form.search input[name="q"]');
  if (!box) return;
  const list = document.createElement('ul');
  list.id = 'suggestions';
  list.className = 'suggestions';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Suggestions');
  list.hidden = true;
  box.form.append(list);
  const attributes = { role: 'combobox', autocomplete: 'off', 'aria-autocomplete': 'list' };
  for (const [name, value] of Object.entries({ ...attributes, 'aria-controls': list.id }))
    box.setAttribute(name, value);

  let timer;
  let request;
  let options = [];
  let at = -1;
  close();

  box.addEventListener('input', (event) => {
    clearTimeout(timer);
    request?.abort();
    // What was chosen among answers to another text.
    if (at >= 0) moveTo(-1);
    if (!event.isComposing) timer = setTimeout(ask, PAUSE_MS);
  });
  box.addEventListener('blur', close);
  box.addEventListener('keydown', onKey);
  // The box keeps the focus while something is chosen by pointer.
  list.addEventListener('pointerdown', (event) => event.preventDefault());
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) choose(options[[...list.children].indexOf(option)]);
  });

  /** What was finished before the last words, and what is being typed: `category:cs.LG hint`, `author:hin`. */
  function split(text) {
    const [, kept = '', operator = '', typed = ''] =
      /^((?:.*(?:\w:(?:"[^"]*"|[^\s"]+)|"[^"]*")\s+)?)(?:(author|category|title):"?)?(.*)$/su.exec(text) ??
      [];
    return { kept, operator, typed };
  }

  async function ask() {
    const { kept, operator, typed } = split(box.value);
    if (typed.trim().length < 2) return close();
    const mine = new AbortController();
    request = mine;
    try {
      const answer = await fetch(
        `/api/v1/suggest?${new URLSearchParams({ q: typed.slice(0, 200), limit: SHOWN })}`,
        {
          signal: mine.signal,
        },
      );
      if (!answer.ok) return close();
      const found = await answer.json();
      if (!mine.signal.aborted && document.activeElement === box) show(optionsOf(found, { kept, operator }));
    } catch {
      // Searching goes on without; a newer request shows its own.
      if (!mine.signal.aborted) close();
    }
  }

  function optionsOf({ titles, authors, categories }, { kept, operator }) {
    const put = (term) => ({ text: `${kept}${term} ` });
    const by = authors.map((name) => ({
      shown: name,
      kind: 'author',
      ...put(`author:"${name.replaceAll('"', '')}"`),
    }));
    const of = categories.map((name) => ({ shown: name, kind: 'category', ...put(`category:${name}`) }));
    if (operator === 'author') return by.slice(0, SHOWN);
    if (operator === 'category') return of.slice(0, SHOWN);
    // Somebody who has said more than a title wants no single paper.
    const papers = titles.map(({ id, title }) => ({
      shown: plain(title),
      kind: 'paper',
      path: `/papers/${encodeURIComponent(id)}`,
    }));
    const others = [...by.slice(0, NAMES), ...of.slice(0, CATEGORIES)];
    return [...papers.slice(0, SHOWN - others.length), ...others];
  }

  /** Formulas of a title as far as plain text goes. */
  function plain(title) {
    return /\$|\\\(/.test(title) ? title.replaceAll(/\\[()]|[$\\{}]/g, '') : title;
  }

  function show(found) {
    options = found;
    at = -1;
    box.removeAttribute('aria-activedescendant');
    list.replaceChildren(...found.map(drawn));
    list.hidden = found.length === 0;
    box.setAttribute('aria-expanded', String(!list.hidden));
  }

  function drawn({ shown, kind }, n) {
    const option = document.createElement('li');
    option.id = `suggestion-${n}`;
    option.setAttribute('role', 'option');
    option.setAttribute('aria-selected', 'false');
    for (const [text, name] of [
      [shown, 'what'],
      [kind, 'kind'],
    ]) {
      const part = document.createElement('span');
      part.className = name;
      part.textContent = text;
      option.append(part);
    }
    return option;
  }

  function close() {
    clearTimeout(timer);
    request?.abort();
    show([]);
  }

  /** -1: none, which is what was typed. */
  function moveTo(next) {
    list.children[at]?.setAttribute('aria-selected', 'false');
    at = next;
    const option = list.children[at];
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    if (option) box.setAttribute('aria-activedescendant', option.id);
    else box.removeAttribute('aria-activedescendant');
  }

  function onKey(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (list.hidden) {
      if (event.key === 'ArrowDown') ask();
      return;
    }
    const all = options.length + 1;
    if (event.key === 'ArrowDown') moveTo(((at + 2) % all) - 1);
    else if (event.key === 'ArrowUp') moveTo(((at + 1 + all - 1) % all) - 1);
    else if (event.key === 'Enter' && at >= 0) choose(options[at]);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function choose({ path, text }) {
    close();
    if (path) return location.assign(path);
    box.value = text;
    box.focus();
    box.setSelectionRange(text.length, text.length);
  }
})();
