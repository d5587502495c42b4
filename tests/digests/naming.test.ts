import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createComposer } from '../../src/digests/composer.js';
import type { Delivery } from '../../src/digests/delivery-rows.js';
import { storedPaper } from '../support/papers.js';
import { digestOf, digestPaperOf, subscriptionOf } from './digest-fixture.js';

describe('what a subscription is called', () => {
  it('has the title of the first paper that it is like, in mails and in bodies of webhooks', async () => {
    const asked: string[] = [];
    const composer = createComposer({
      resolve: async (ids: readonly string[]) => {
        asked.push(...ids);
        return ids.map((id) => storedPaper({ id, title: 'Kernels of wide graphs' }));
      },
      issueToken: async () => 'token',
      from: { name: 'Quire', address: 'quire@papers.example' },
      publicUrl: 'https://papers.example',
    } as unknown as Parameters<typeof createComposer>[0]);
    const settings = { kind: 'likes', query: '', likes: ['2401.00001', '2401.00002'] } as const;
    const deliveryOf = (subscription: Delivery['subscription']) =>
      ({ subscription, digest: digestOf([digestPaperOf()]), messageId: 'x' }) as Delivery;
    const now = new Date('2026-03-02T08:00:00Z');
    const name = /papers like “Kernels of wide graphs” and 1 more/;
    const mail = await composer.mail(
      deliveryOf(subscriptionOf({ ...settings, likes: [...settings.likes] })),
      now,
    );
    for (const text of [mail.subject, mail.text, mail.html]) assert.match(text.replaceAll('\n', ' '), name);
    const channel = { kind: 'webhook', url: 'https://hooks.example', shape: 'slack' } as const;
    const hook = await composer.webhook(
      deliveryOf(subscriptionOf({ ...settings, likes: [...settings.likes], channel })),
      now,
    );
    assert.match(JSON.stringify(hook.body), name);
    assert.deepEqual(asked, ['2401.00001', '2401.00001']);
  });
});
