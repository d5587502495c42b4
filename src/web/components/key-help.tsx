/** What `site.js` answers to. Shown by `?`, and by the button below a page. */
const keys = [
  ['/', 'Go to the search box'],
  ['j, k', 'Next paper, the one before'],
  ['Enter, o', 'Open the paper'],
  ['r', 'Its related papers'],
  ['s', 'Subscribe from here'],
  ['Esc', 'Leave the search box'],
  ['?', 'Show these keys'],
] as const;

export function KeyHelp() {
  return (
    <dialog id="keys" class="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl>
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              {key.split(', ').map((one, at) => (
                <>
                  {at > 0 && ', '}
                  <kbd>{one}</kbd>
                </>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
