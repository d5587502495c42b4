import { Type } from 'typebox';
import { webhookRoom } from '../digests/subscription.js';
import { Books } from './preview-schema.js';
import { SettingsFields } from './subscription-schema.js';

const { slack, discord } = webhookRoom;

/** As of a subscription, but for what a message can hold. */
export const WebhookSettings = {
  ...SettingsFields,
  cap: Type.Optional(
    Type.Integer({
      description: `Papers of one digest at most, 1 to 100; 10 when absent. A message of the shape \`slack\` holds ${slack}, one of \`discord\` ${discord}: more are refused.`,
    }),
  ),
};

export const postedDescription =
  'It is active at once, with the papers that come in from now on. Each digest is one POST of JSON; its header `Idempotency-Key` is the same, in quotes, each time that a digest is posted: one may come twice, where the answer to the first was lost. Any 2xx is taken for “received”; 408, 429 and 5xx for “later”.';

const orNull = <const T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()]);

/** What `genericBody` (digests/templates/webhook.ts) writes. */
const WebhookDigest = Type.Object({
  id: Type.String({ description: 'The digest’s; that of the header Idempotency-Key.' }),
  localDate: Type.String({ description: 'Whose digest it is, YYYY-MM-DD in the subscription’s time zone.' }),
  subscription: Type.Object({
    id: Type.Integer(),
    kind: Type.String(),
    query: Type.String(),
    likes: Type.Array(Type.String()),
  }),
  subject: Type.String(),
  from: orNull(Type.String({ description: 'When the first of the papers looked at came in.' })),
  to: orNull(Type.String()),
  books: Books,
  notices: Type.Array(Type.String()),
  empty: orNull(Type.String({ description: 'Why there are no papers; null where there are some.' })),
  papers: Type.Array(
    Type.Object({
      id: Type.String(),
      title: Type.String(),
      abstract: Type.String(),
      authors: Type.Array(Type.String()),
      authorCount: orNull(Type.Integer()),
      date: orNull(Type.String()),
      venue: orNull(Type.String()),
      url: orNull(Type.String()),
      categories: Type.Array(Type.String()),
      upvotes: orNull(Type.Integer()),
      score: Type.Number(),
      why: Type.String({ description: 'Why it is here, in plain words.' }),
      sentence: orNull(Type.String({ description: 'Of the abstract, the one that fits best.' })),
      links: Type.Object({ paper: Type.String(), related: Type.String() }),
    }),
  ),
});

/** For the document: what is posted to the `url` of a webhook. Nothing is checked by it. */
export const webhookCallbacks = {
  digest: {
    '{$request.body#/url}': {
      post: {
        requestBody: {
          description:
            'A digest in the shape `generic`; `slack` and `discord` have the messages of these services.',
          content: { 'application/json': { schema: WebhookDigest } },
        },
        responses: { '2XX': { description: 'Received.' } },
      },
    },
  },
};
