import type { Catalog } from '../papers/catalog.js';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { invalid } from '../search/request.js';
import { pauseOf } from './pause.js';
import {
  type Subscription,
  type SubscriptionSettings,
  type WebhookShape,
  webhookRoom,
} from './subscription.js';
import { checkSettings, checkWebhook, type SettingsRequest } from './subscription-request.js';
import type { SubscriptionStore } from './subscription-store.js';

/** An operator's own channels: more are a mistake of a script. */
export const MAX_WEBHOOKS = 500;

export interface WebhookRequest {
  url: string;
  shape?: string | undefined;
  settings: SettingsRequest;
}

export interface WebhooksDeps {
  store: Pick<SubscriptionStore, 'addWebhook' | 'listWebhooks' | 'find' | 'end' | 'update' | 'pause'>;
  catalog: Pick<Catalog, 'resolve'>;
  clock: Clock;
}

/** Digests to a URL, for whoever has an API key: no confirmation, active at once. */
export function createWebhooks({ store, catalog, clock }: WebhooksDeps) {
  async function read(id: number): Promise<Subscription> {
    const found = await store.find(id);
    if (found?.channel.kind !== 'webhook') throw notFound(id);
    return found;
  }

  const list = (): Promise<Subscription[]> => store.listWebhooks(MAX_WEBHOOKS);
  return {
    list,
    /** @throws AppError invalid_input or invalid_query that names the field */
    async add({ url, shape, settings }: WebhookRequest): Promise<Subscription> {
      const channel = checkWebhook({ url, shape });
      const checked = await checkSettings(settings, { catalog });
      checkRoom(channel.shape, checked);
      if ((await list()).length >= MAX_WEBHOOKS)
        throw new AppError('invalid_input', `url: there are ${MAX_WEBHOOKS} webhooks already; delete one.`, {
          details: { field: 'url', limit: MAX_WEBHOOKS },
        });
      return store.addWebhook(channel, checked, clock.now());
    },
    /**
     * Settings, and then a pause: nothing is posted before the day `pausedUntil` (YYYY-MM-DD) begins; null: it goes on now. What is left out
     * stays as it is. All is checked before anything is changed.
     * @throws AppError subscription_not_found, invalid_input, invalid_query
     */
    async change(
      id: number,
      { pausedUntil, ...settings }: SettingsRequest & { pausedUntil?: string | null | undefined },
    ): Promise<Subscription> {
      const current = await read(id);
      if (current.state !== 'active' || current.channel.kind !== 'webhook') throw notFound(id);
      const checked = await checkSettings(settings, { catalog, current });
      if (settings.cap !== undefined) checkRoom(current.channel.shape, checked);
      const now = clock.now();
      const until = pausedUntil === undefined ? null : pauseOf(pausedUntil, { ...current, ...checked }, now);
      if (Object.values(settings).some((value) => value !== undefined)) await store.update(id, checked, now);
      if (until !== null) await store.pause(id, until, now);
      return read(id);
    },
    /** It may be ended already. @throws AppError subscription_not_found */
    async remove(id: number): Promise<void> {
      await read(id);
      await store.end({ id }, { by: 'removed', now: clock.now() });
    },
  };
}

export type Webhooks = ReturnType<typeof createWebhooks>;

/** What one message can't hold would be cut off each day. @throws AppError invalid_input that names `cap` */
function checkRoom(shape: WebhookShape, { cap }: Pick<SubscriptionSettings, 'cap'>): void {
  const room = webhookRoom[shape];
  if (cap > room)
    throw invalid('cap', `at most ${room}: a message of the shape ${shape} holds no more papers`);
}

function notFound(id: number): AppError {
  return new AppError('subscription_not_found', `There is no webhook ${id}.`, { details: { id } });
}
