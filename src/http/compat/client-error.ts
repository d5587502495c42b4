import { Type } from 'typebox';

/** An error as the clients of Hugging Face and Semantic Scholar read it: `message` is what they show of a 5xx. */
export const ClientError = Type.Object({
  error: Type.String({ description: 'What is wrong, for people.' }),
  message: Type.Optional(Type.String()),
});

const descriptions = {
  400: 'What can’t be read, or isn’t known here.',
  404: 'There is no such paper.',
  429: 'Too much to do; try again after `Retry-After` seconds.',
  503: 'Not available; try again after `Retry-After` seconds.',
  504: 'No answer in time; try again after `Retry-After` seconds.',
} as const;

type Status = keyof typeof descriptions;

/** The responses of a compatible route for these statuses, for its schema. */
export function clientErrors<const S extends Status>(...statuses: S[]) {
  const content = { 'application/json': { schema: ClientError } };
  const entries = statuses.map((status) => [status, { description: descriptions[status], content }]);
  return Object.fromEntries(entries) as Record<S, { description: string; content: typeof content }>;
}
