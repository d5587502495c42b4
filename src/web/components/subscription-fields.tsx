import type { VNode } from 'preact';
import { matchFloors } from '../../digests/match.js';
import { DEFAULT_CAP, MAX_CAP, MAX_EMAIL_LENGTH } from '../../digests/subscription.js';
import { MAX_QUERY_LENGTH } from '../../search/query/query-text.js';
import type { FormProblem } from '../form-bodies.js';
import type { FormValues } from '../subscription-form.js';
import { dayNames } from './subscription-words.js';

const kinds = [
  ['query', 'New papers that fit a query'],
  ['likes', 'New papers like some that I name'],
  ['daily', 'All new papers, the best of the day first'],
] as const;

/** What holds without one is said by `matchFloors` (digests/match.ts). */
const LEAST_LABEL = `Least score; empty is as usual: ${matchFloors.score} or near by meaning; all new papers: none`;

/** Settings that are folded away until they are needed. */
const folded = ['cap', 'minScore', 'mutedWords', 'mutedAuthors', 'mutedCategories'] as const;

export interface SubscriptionFieldsProps {
  values: FormValues;
  problem: FormProblem | null;
  /** Nothing is folded away. */
  unfolded?: boolean | undefined;
  /** The time zone may be taken from the browser (assets/zone.js). */
  ownZone?: boolean | undefined;
}

/** Every setting of a subscription; what isn't needed at first is folded away. */
export function SubscriptionFields({ values, problem, unfolded = false, ownZone }: SubscriptionFieldsProps) {
  return (
    <>
      <WhatFields values={values} problem={problem} />
      <WhenFields values={values} problem={problem} ownZone={ownZone} />
      <details open={unfolded || isUnfolded({ values, problem })}>
        <summary>How much, and what not</summary>
        <Field name="cap" label="Papers at most" problem={problem}>
          {(state) => <input type="number" min={1} max={MAX_CAP} value={values.cap} required {...state} />}
        </Field>
        <Field name="minScore" label={LEAST_LABEL} problem={problem}>
          {(state) => <input type="number" min={0} step="any" value={values.minScore} {...state} />}
        </Field>
        <Field name="mutedWords" label="Words never wanted, one a line" problem={problem}>
          {(state) => <textarea rows={2} value={values.mutedWords} {...state} />}
        </Field>
        <Field name="mutedAuthors" label="Authors never wanted, one a line" problem={problem}>
          {(state) => <textarea rows={2} value={values.mutedAuthors} {...state} />}
        </Field>
        <Field name="mutedCategories" label="Categories never wanted, such as cs.CV" problem={problem}>
          {(state) => <textarea rows={2} value={values.mutedCategories} {...state} />}
        </Field>
      </details>
      <label class="choice">
        <input type="checkbox" name="tellsEmpty" checked={values.tellsEmpty} /> On a day without papers, tell
        me why
      </label>
    </>
  );
}

/** What is wrong or set already must not be overlooked. */
const isUnfolded = ({ values, problem }: Pick<SubscriptionFieldsProps, 'values' | 'problem'>): boolean =>
  folded.some(
    (name) => name === problem?.field || values[name].trim() !== (name === 'cap' ? String(DEFAULT_CAP) : ''),
  );

function WhatFields({ values, problem }: SubscriptionFieldsProps) {
  return (
    <fieldset>
      <legend>What</legend>
      {kinds.map(([value, label]) => (
        <label key={value} class="choice">
          <input type="radio" name="kind" value={value} checked={values.kind === value} /> {label}
        </label>
      ))}
      <AtField name="kind" problem={problem} />
      <Field name="query" label="Query" problem={problem}>
        {(state) => <input value={values.query} maxlength={MAX_QUERY_LENGTH} {...state} />}
      </Field>
      <Field name="likes" label="Papers to be like: ids or links, one a line" problem={problem}>
        {(state) => <textarea rows={2} value={values.likes} {...state} />}
      </Field>
    </fieldset>
  );
}

function WhenFields({ values, problem, ownZone }: SubscriptionFieldsProps) {
  return (
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
      <AtField name="days" problem={problem} />
      <Field name="hour" label="Hour, 0 to 23" problem={problem}>
        {(state) => <input type="number" min={0} max={23} value={values.hour} required {...state} />}
      </Field>
      <Field name="timeZone" label="Time zone, such as Europe/Berlin" problem={problem}>
        {(state) => (
          <input
            value={values.timeZone}
            autocomplete="off"
            list="zones"
            data-own-zone={ownZone ? '' : undefined}
            required
            {...state}
          />
        )}
      </Field>
      <datalist id="zones">
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </fieldset>
  );
}

interface FieldState {
  id: string;
  name: string;
  'aria-invalid': boolean | undefined;
  'aria-describedby': string;
}

interface FieldProps {
  name: string;
  label: string;
  problem: FormProblem | null;
  children: (state: FieldState) => VNode;
}

/** A labelled field, and what is wrong with it below. */
function Field({ name, label, problem, children }: FieldProps) {
  return (
    <div>
      <label htmlFor={`field-${name}`}>
        {label}
        {children({
          id: `field-${name}`,
          name,
          'aria-invalid': problem?.field === name ? true : undefined,
          'aria-describedby': atFieldId(name),
        })}
      </label>
      <AtField name={name} problem={problem} />
    </div>
  );
}

const atFieldId = (name: string): string => `${name}-problem`;

/** What is wrong with one field; there without a problem too, for pages that look again as it is changed. */
export function AtField({ name, problem }: { name: string; problem: FormProblem | null }) {
  const isHere = problem?.field === name;
  return (
    <p class="at-field" id={atFieldId(name)} data-field={name}>
      {isHere && problem.message.slice(name.length).replace(/^[:,]\s*/, '')}
    </p>
  );
}

export function EmailField({ value, problem }: { value: string; problem: FormProblem | null }) {
  return (
    <Field name="email" label="Your address" problem={problem}>
      {(state) => (
        <input
          type="email"
          value={value}
          autocomplete="email"
          maxlength={MAX_EMAIL_LENGTH}
          required
          {...state}
        />
      )}
    </Field>
  );
}
