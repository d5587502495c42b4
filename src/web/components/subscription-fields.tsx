import { MAX_CAP, MAX_EMAIL_LENGTH, type Subscription } from '../../digests/subscription.js';
import { MAX_QUERY_LENGTH } from '../../search/query/query-text.js';
import type { FormValues } from '../subscription-form.js';

const dayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

const kinds = [
  ['query', 'New papers that fit a query'],
  ['likes', 'New papers like some that I name'],
  ['daily', 'All new papers, the best of the day first'],
] as const;

/** Every setting of a subscription; what isn't needed at first is folded away. */
export function SubscriptionFields({ values }: { values: FormValues }) {
  return (
    <>
      <fieldset>
        <legend>What</legend>
        {kinds.map(([value, label]) => (
          <label key={value} class="choice">
            <input type="radio" name="kind" value={value} checked={values.kind === value} /> {label}
          </label>
        ))}
        <label>
          Query
          <input name="query" value={values.query} maxlength={MAX_QUERY_LENGTH} />
        </label>
        <label>
          Papers to be like: ids or links, one a line
          <textarea name="likes" rows={2} value={values.likes} />
        </label>
      </fieldset>
      <fieldset>
        <legend>When</legend>
        <div class="days">
          {dayNames.map((name, at) => (
            <label key={name} class="choice">
              <input
                type="checkbox"
                name="days"
                value={at + 1}
                checked={values.days.includes(String(at + 1))}
              />{' '}
              {name}
            </label>
          ))}
        </div>
        <label>
          Hour, 0 to 23
          <input type="number" name="hour" min={0} max={23} value={values.hour} required />
        </label>
        <label>
          Time zone, such as Europe/Berlin
          <input name="timeZone" value={values.timeZone} autocomplete="off" list="zones" required />
        </label>
        <datalist id="zones">
          {Intl.supportedValuesOf('timeZone').map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </fieldset>
      <details>
        <summary>How much, and what not</summary>
        <label>
          Papers at most
          <input type="number" name="cap" min={1} max={MAX_CAP} value={values.cap} required />
        </label>
        <label>
          Least score; empty for none
          <input type="number" name="minScore" min={0} step="any" value={values.minScore} />
        </label>
        <label>
          Words never wanted, one a line
          <textarea name="mutedWords" rows={2} value={values.mutedWords} />
        </label>
        <label>
          Authors never wanted, one a line
          <textarea name="mutedAuthors" rows={2} value={values.mutedAuthors} />
        </label>
        <label>
          Categories never wanted, such as cs.CV
          <textarea name="mutedCategories" rows={2} value={values.mutedCategories} />
        </label>
      </details>
      <label class="choice">
        <input type="checkbox" name="tellsEmpty" checked={values.tellsEmpty} /> On a day without papers, tell
        me why
      </label>
    </>
  );
}

export function EmailField({ value }: { value: string }) {
  return (
    <label>
      Your address
      <input
        type="email"
        name="email"
        value={value}
        autocomplete="email"
        maxlength={MAX_EMAIL_LENGTH}
        required
      />
    </label>
  );
}

/** “attention kernels”, “Papers like 2401.00001, 2401.00002”. A query stands as it is: it may have quotes of its own. */
export function subjectOf({ kind, query, likes }: Subscription): string {
  if (kind === 'daily') return 'All new papers';
  return kind === 'query' ? query : `Papers like ${likes.join(', ')}`;
}

/** “Mon, Tue, Wed at 8:00 (Europe/Berlin), at most 10 papers”. */
export function timesOf({ days, hour, timeZone, cap }: Subscription): string {
  const names = days.map((day) => dayNames[day - 1]!.slice(0, 3));
  const when = days.length === 7 ? 'Daily' : names.join(', ');
  return `${when} at ${hour}:00 (${timeZone}), at most ${cap} ${cap === 1 ? 'paper' : 'papers'}`;
}
