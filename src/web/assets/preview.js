// Shows what other settings would have sent, soon after one was changed. Without this the form's button does the same.
(() => {
  /** Long enough for the next key of somebody who types. */
  const PAUSE_MS = 400;
  /** Of a busy service. */
  const TRIES = 3;

  const form = document.getElementById('preview-form');
  let timer;
  let request;

  form.addEventListener('input', (event) => {
    // Half a character that is still being composed.
    if (!event.isComposing) showAfter(PAUSE_MS);
  });
  form.addEventListener('compositionend', () => showAfter(PAUSE_MS));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    showAfter(0);
  });

  function showAfter(ms, tries = TRIES) {
    clearTimeout(timer);
    request?.abort();
    timer = setTimeout(() => show(tries), ms);
  }

  async function show(tries) {
    const mine = new AbortController();
    request = mine;
    const url = `${form.getAttribute('action')}?${new URLSearchParams(new FormData(form))}`;
    const region = document.getElementById('preview');
    region.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(url, { signal: mine.signal, headers: { accept: 'text/html' } });
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (!next.getElementById('preview')) throw new Error(`answered with ${answer.status}`);
      history.replaceState(null, '', url);
      replaceWith(next);
      if (answer.status === 503 && tries > 1)
        showAfter(1000 * (Number(answer.headers.get('retry-after')) || 1), tries - 1);
    } catch (error) {
      // A newer change has taken over.
      if (mine.signal.aborted) return;
      region.removeAttribute('aria-busy');
      say(`That could not be shown (${error.message}). Press “Show” to try again.`);
    }
  }

  function replaceWith(next) {
    const opened = [...document.querySelectorAll('#preview details[open]')].map(({ id }) => id);
    document.getElementById('preview').replaceWith(next.getElementById('preview'));
    for (const id of opened) document.getElementById(id)?.setAttribute('open', '');
    for (const place of document.querySelectorAll('[data-field]')) {
      place.textContent = next.getElementById(place.id)?.textContent ?? '';
      const fields = form.querySelectorAll(`[name="${place.dataset.field}"][aria-describedby]`);
      for (const field of fields) {
        if (place.textContent === '') field.removeAttribute('aria-invalid');
        else field.setAttribute('aria-invalid', 'true');
      }
    }
    say(next.getElementById('preview-said').textContent);
    drawLeast();
  }

  const control = document.getElementById('least-control');
  const range = document.getElementById('least');
  const least = form.elements.minScore;

  /** The least score as the field has it: on the slider, and as the line in the chart. */
  function drawLeast() {
    const scores = document.getElementById('scores');
    control.hidden = scores === null;
    if (scores === null) return;
    const top = Number(scores.dataset.top);
    const usual = usualOf(scores);
    const isUsual = least.value === '';
    const value = isUsual ? usual : Math.min(top, Math.max(0, Number(least.value) || 0));
    range.max = String(top);
    range.value = String(value);
    const said = saidOf(value, { top, usual, isUsual });
    range.setAttribute('aria-valuetext', said);
    document.getElementById('least-said').textContent = said;
    const y = `${(1 - value / top) * 100}%`;
    for (const line of scores.querySelectorAll('line')) {
      line.setAttribute('y1', y);
      line.setAttribute('y2', y);
    }
  }

  /** What holds where the field is empty; 0: every score. */
  const usualOf = (scores) => Number(scores?.dataset.usual) || 0;

  function saidOf(value, { top, usual, isUsual }) {
    if (usual === 0 && value === 0) return 'none';
    if (isUsual) return `as usual (${textOf(usual, top)})`;
    return value < usual ? `${textOf(value, top)}, lets in more than usual` : textOf(value, top);
  }

  /** A hundred steps from one end to the other. */
  const textOf = (value, top) => value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(top))));

  function setLeast(value) {
    const top = Number(range.max);
    const text = textOf(Math.min(top, Math.max(0, value)), top);
    // Back at the usual one the field is empty again: what is near by meaning counts only then.
    const usual = usualOf(document.getElementById('scores'));
    least.value = Number(text) === Number(textOf(usual, top)) ? '' : text;
    least.dispatchEvent(new Event('input', { bubbles: true }));
  }

  range.addEventListener('input', () => setLeast(Number(range.value)));
  least.addEventListener('input', drawLeast);
  document.addEventListener('pointerdown', (down) => {
    if (!down.target.closest('#scores .grip')) return;
    down.preventDefault();
    const drag = (event) => {
      // The chart may have been put anew since.
      const ground = document.querySelector('#scores .ground')?.getBoundingClientRect();
      if (ground) setLeast((1 - (event.clientY - ground.top) / ground.height) * Number(range.max));
    };
    const end = () => {
      document.removeEventListener('pointermove', drag);
      document.removeEventListener('pointerup', end);
      document.removeEventListener('pointercancel', end);
    };
    document.addEventListener('pointermove', drag);
    document.addEventListener('pointerup', end);
    document.addEventListener('pointercancel', end);
  });
  drawLeast();

  /** What is read out. */
  function say(text) {
    document.getElementById('preview-said').textContent = text;
  }
})();
