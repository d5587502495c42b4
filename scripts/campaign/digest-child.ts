/** A process that prepares and sends digests until it is killed, or done: `digest-child.js ORDER`. */
import { createDelivery, type DigestComposer } from '../../src/digests/deliver.js';
import { createDeliveryStore, type DeliveryStore } from '../../src/digests/delivery-store.js';
import { readConfig } from '../../src/platform/config.js';
import type { DatabaseConnection } from '../../src/platform/db/connection.js';
import { openDatabase } from '../../src/platform/db/database.js';
import { silentLogger } from '../../src/platform/log.js';
import { createMailTransport } from '../../src/platform/mail/create-transport.js';
import type { MailTransport } from '../../src/platform/mail/transport.js';
import type { DigestOrder, DigestPoint } from './digest-plan.js';

const order = JSON.parse(process.argv[2]!) as DigestOrder;
let left = order.at;

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function passes(point: DigestPoint): void {
  if (point !== order.point) return;
  left -= 1;
  if (left <= 0) die();
}

if (order.point === 'random') setTimeout(die, order.at);

/** The store as it is, with the points around its calls. */
function deadly(store: DeliveryStore): DeliveryStore {
  return {
    ...store,
    async prepare(delivery) {
      passes('prepare.before');
      const prepared = await store.prepare(delivery);
      passes('prepare.after');
      return prepared;
    },
    async claim(now) {
      const claimed = await store.claim(now);
      if (claimed !== null) passes('claim.after');
      return claimed;
    },
    async arm(claim, now) {
      const isOurs = await store.arm(claim, now);
      passes('arm.after');
      return isOurs;
    },
    whileWanted: (claim, now, speak) =>
      store.whileWanted(claim, now, async () => {
        passes('wanted.held');
        await speak();
      }),
    async settle(claim, row) {
      passes('answer.before');
      const isOurs = await store.settle(claim, row);
      passes('settle.after');
      return isOurs;
    },
  };
}

const db = await openDatabase(order.connection as DatabaseConnection, { log: silentLogger, poolSize: 6 });
const transport: MailTransport = await createMailTransport(readConfig({ SMTP_URL: order.smtpUrl }).mail);

/** One paper for everybody: what is in a digest is no matter of how it is sent. */
const composer: DigestComposer = {
  until: async () => 1n << 60n,
  refresh: async (delivery) => delivery,
  async compose() {
    const { rows } = await db.pool.query<{ key: number; id: string; title: string }>(
      'SELECT id AS key, public_id AS id, title FROM papers ORDER BY id LIMIT 1',
    );
    const papers = rows.map((row) => ({
      ...{ abstract: '', authors: [], authorCount: null, date: null, venue: null, url: null },
      ...{ categories: [], upvotes: null, score: 1, why: 'new', sentence: null },
      ...row,
    }));
    const cut = { sentBefore: 0, belowScore: 0, muted: 0, beyondCap: 0 };
    return {
      papers,
      books: { announced: 1, matched: 1, sent: 1, cut },
      ...{ from: null, to: null, notices: [] },
    };
  },
  mail: async ({ recipient, messageId, digest }, date) => ({
    ...{ messageId: `${messageId}@campaign.example`, to: recipient, date, headers: {} },
    from: { name: 'Quire', address: 'quire@campaign.example' },
    subject: 'A paper',
    text: digest.papers.map(({ title }) => title).join('\n'),
    html: '<p>A paper</p>',
  }),
  webhook: async () => ({ url: 'https://campaign.example', body: {} }),
};

const store = deadly(createDeliveryStore(db));
const clock = { now: () => new Date(order.now) };
const delivering = createDelivery({
  ...{ store, composer, transport, clock, log: silentLogger, uncertain: order.uncertain },
  webhooks: { post: async () => ({ kind: 'sent', response: '200' }) },
});
const recovered = await store.recover(clock.now());
process.stdout.write(`${JSON.stringify(recovered)}\n`);
if (order.work === 'prepare') await delivering.prepareDue();
await delivering.sendDue();
await transport.close();
await db.close();
process.exit(0);
