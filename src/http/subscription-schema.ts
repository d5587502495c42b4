import { Type } from 'typebox';
import {
  type SubscriptionKind,
  subscriptionKinds,
  type WebhookShape,
  webhookShapes,
} from '../digests/subscription.js';

const nullable = <const T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()]);

const Kind = Type.Unsafe<SubscriptionKind>({ type: 'string', enum: [...subscriptionKinds] });

/**
 * What can be chosen; the domain checks it and names the field. Types that null belongs to are lists: in a union Ajv would take null
 * for '' or 0, as it coerces types.
 */
export const SettingsFields = {
  kind: Type.Optional(
    Type.Unsafe<SubscriptionKind>({
      type: 'string',
      enum: [...subscriptionKinds],
      description:
        '`query`, `likes` (papers like these) or `daily` (all of the day’s papers); by what else is given when absent.',
    }),
  ),
  query: Type.Optional(Type.String({ description: 'In the query language, filters and all.' })),
  likes: Type.Optional(Type.Array(Type.String(), { description: 'Ids of papers, in any spelling.' })),
  days: Type.Optional(
    Type.Array(Type.Integer(), { description: '1 (Monday) to 7; working days when absent.' }),
  ),
  hour: Type.Optional(Type.Integer({ description: '0 to 23 in the time zone; 8 when absent.' })),
  timeZone: Type.Optional(Type.String({ description: 'IANA, such as Europe/Berlin; UTC when absent.' })),
  cap: Type.Optional(
    Type.Integer({ description: 'Papers of one digest at most, 1 to 100; 10 when absent.' }),
  ),
  minScore: Type.Optional(
    Type.Unsafe<number | null>({
      type: ['number', 'null'],
      description: 'Papers with a lower score are left out.',
    }),
  ),
  mutedWords: Type.Optional(Type.Array(Type.String())),
  mutedAuthors: Type.Optional(Type.Array(Type.String())),
  mutedCategories: Type.Optional(Type.Array(Type.String())),
  tellsEmpty: Type.Optional(
    Type.Boolean({ description: 'An empty day says why (true when absent); otherwise it is silent.' }),
  ),
};

export const PausedUntil = Type.Optional(
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'A day, such as 2026-09-01: it goes on with its beginning; null: now.',
  }),
);

export const SubscriptionView = Type.Object({
  id: Type.Integer(),
  kind: Kind,
  query: Type.String({ description: 'In canonical form.' }),
  likes: Type.Array(Type.String()),
  days: Type.Array(Type.Integer()),
  hour: Type.Integer(),
  timeZone: Type.String(),
  cap: Type.Integer(),
  minScore: nullable(Type.Number()),
  mutedWords: Type.Array(Type.String()),
  mutedAuthors: Type.Array(Type.String()),
  mutedCategories: Type.Array(Type.String()),
  tellsEmpty: Type.Boolean(),
  channel: Type.Unsafe<'mail' | 'webhook'>({ type: 'string', enum: ['mail', 'webhook'] }),
  url: nullable(Type.String()),
  shape: nullable(Type.Unsafe<WebhookShape>({ type: 'string', enum: [...webhookShapes] })),
  state: Type.Unsafe<'pending' | 'active' | 'ended'>({
    type: 'string',
    enum: ['pending', 'active', 'ended'],
  }),
  pausedUntil: nullable(Type.String()),
  confirmedAt: nullable(Type.String()),
  endedAt: nullable(Type.String()),
  endedBy: nullable(Type.String()),
  createdAt: Type.String(),
});

export const Hints = Type.Array(Type.String(), {
  description: 'What of the query looks like an operator and was read as words.',
});

export const OwnSubscriptionView = Type.Object({
  ...SubscriptionView.properties,
  hints: Hints,
  next: Type.Union(
    [
      Type.Object({
        localDate: Type.String({ description: 'YYYY-MM-DD in the time zone.' }),
        at: Type.String({ format: 'date-time' }),
      }),
      Type.Null(),
    ],
    { description: 'The next digest, behind a pause; past: it is about to be sent. null: it has ended.' },
  ),
  last: Type.Union(
    [
      Type.Object({
        localDate: Type.String(),
        at: Type.String({ format: 'date-time' }),
        papers: Type.Integer(),
      }),
      Type.Null(),
    ],
    { description: 'The last digest that was sent; null: none was.' },
  ),
});

const ManagedFields = {
  email: nullable(Type.String()),
  subscriptions: Type.Array(OwnSubscriptionView),
  feedback: Type.Array(
    Type.Object({
      paper: Type.String(),
      verdict: Type.Unsafe<'saved' | 'unwanted'>({ type: 'string', enum: ['saved', 'unwanted'] }),
      at: Type.String(),
    }),
  ),
};

export const ManagedView = Type.Object({
  only: Type.Unsafe<number | null>({
    type: ['integer', 'null'],
    description:
      'The subscription whose digest held the link: it opens that one alone. null: all of the address’s.',
  }),
  ...ManagedFields,
});

export const ExportView = Type.Object({
  ...ManagedFields,
  sent: Type.Array(Type.Object({ paper: Type.String(), day: Type.String(), subscription: Type.Integer() })),
});
