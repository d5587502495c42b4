import type { Catalog } from '../papers/catalog.js';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import type { Subscription } from './subscription.js';
import { checkSettings, checkWebhook, type SettingsRequest } from './subscription-request.js';
import type { SubscriptionStore } from './subscription-store.js';

/** An operator's own channels: more are a mistake of a script. */
const MAX_WEBHOOKS = 500;

export interface WebhookRequest {
  url: string;
  shape?: string | undefined;
  settings: SettingsRequest;
}

export interface WebhooksDeps {
  store: Pick<SubscriptionStore, 'addWebhook' | 'listWebhooks' | 'find' | 'end'>;
  catalog: Pick<Catalog, 'resolve'>;
  clock: Clock;
}

/** Digests to a URL, for whoever has an API key: no confirmation, active at once. */
export function createWebhooks({ store, catalog, clock }: WebhooksDeps) {
  const list = (): Promise<Subscription[]> => store.listWebhooks(MAX_WEBHOOKS);
  return {
    list,
    /** @throws AppError invalid_input or invalid_query that names the field */
    async add({ url, shape, settings }: WebhookRequest): Promise<Subscription> {
      const channel = checkWebhook({ url, shape });
      const checked = await checkSettings(settings, { catalog });
      if ((await list()).length >= MAX_WEBHOOKS)
        throw new AppError('invalid_input', `url: there are ${MAX_WEBHOOKS} webhooks already; delete one.`, {
          details: { field: 'url', limit: MAX_WEBHOOKS },
        });
      return store.addWebhook(channel, checked, clock.now());
    },
    /** It may be ended already. @throws AppError subscription_not_found */
    async remove(id: number): Promise<void> {
      const found = await store.find(id);
      if (found?.channel.kind !== 'webhook')
        throw new AppError('subscription_not_found', `There is no webhook ${id}.`, { details: { id } });
      await store.end({ id }, { by: 'removed', now: clock.now() });
    },
  };
}

export type Webhooks = ReturnType<typeof createWebhooks>;
