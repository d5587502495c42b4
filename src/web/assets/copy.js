// Copies what stands in a field, selects it when it is unfolded, and unfolds what the address names. Without this the field is
// there to be selected by hand, and browsers unfold by themselves.
(() => {
  for (const field of document.querySelectorAll('[data-selected]')) {
    const folded = field.closest('details');
    const selectShown = () => {
      if (folded.open) select(field);
    };
    folded.addEventListener('toggle', selectShown);
    // The address may have unfolded it before this ran.
    selectShown();
  }

  for (const button of document.querySelectorAll('[data-copies]')) {
    const field = document.getElementById(button.dataset.copies);
    const said = document.querySelector(`[data-says="${button.dataset.copies}"]`);
    button.hidden = false;
    button.addEventListener('click', async () => {
      said.textContent = (await copy(field)) ? 'Copied' : 'Selected: copy it with Ctrl+C or ⌘C';
    });
  }

  /** Whether it is in the clipboard; if not, it is selected. Over plain HTTP browsers have no clipboard but the old one. */
  async function copy(field) {
    select(field);
    try {
      await navigator.clipboard.writeText(field.value);
      return true;
    } catch {
      return document.execCommand('copy');
    }
  }

  function select(field) {
    field.focus({ preventScroll: true });
    field.select();
  }

  function unfold() {
    const target = document.querySelector(':target');
    const folded = target?.closest('details:not([open])');
    if (!folded) return;
    folded.open = true;
    target.scrollIntoView({ block: 'nearest' });
  }

  addEventListener('hashchange', unfold);
  unfold();
})();
