import type { Paper } from '../papers/paper.js';
import type { Mail } from '../platform/mail/transport.js';
import { composeDigest } from './compose.js';
import type { DigestComposer } from './deliver.js';
import type { Delivery } from './delivery-rows.js';
import type { DeliveryStore } from './delivery-store.js';
import { withPapers } from './digest.js';
import type { Matcher } from './match.js';
import { withFirstLike } from './naming.js';
import type { NewPapers, NewPapersReader } from './new-papers.js';
import type { IndexMarks, NewPapersStore } from './new-papers-store.js';
import { webhookRoom } from './subscription.js';
import { digestMail } from './templates/mail.js';
import { webhookBody } from './templates/webhook.js';
import type { DigestLinks } from './templates/words.js';

/** Spans kept loaded: subscribers of one hour mostly have the same. A span has up to 5,000 papers. */
const KEPT_SPANS = 4;

export interface ComposerDeps {
  store: Pick<NewPapersStore, 'readyUntil'>;
  newPapers: Pick<NewPapersReader, 'added'>;
  matcher: Matcher;
  deliveries: Pick<DeliveryStore, 'listSent' | 'listLedger'>;
  /** Papers by id, also by a former one; null: none. */
  resolve: (ids: readonly string[]) => Promise<(Paper | null)[]>;
  /** How far the indexes have come. */
  marks: () => IndexMarks;
  /** A new token for the links of one message. */
  issueToken: (scope: { subscriberId: number; subscriptionId: number }) => Promise<string>;
  from: Mail['from'];
  /** Beginning of every link, without a slash at its end. */
  publicUrl: string;
}

/** From what came in to a message. */
export function createComposer(deps: ComposerDeps): DigestComposer {
  const { store, newPapers, matcher, deliveries, resolve, marks, issueToken, from, publicUrl } = deps;
  const spans = new Map<string, Promise<NewPapers>>();

  function load(after: bigint, until: bigint, now: Date): Promise<NewPapers> {
    const key = `${after} ${until}`;
    const loaded = spans.get(key) ?? newPapers.added({ after, until }, now);
    spans.delete(key);
    spans.set(key, loaded);
    loaded.catch(() => spans.delete(key));
    const [oldest] = spans.keys();
    if (spans.size > KEPT_SPANS) spans.delete(oldest!);
    return loaded;
  }

  const publicLinks = {
    paper: (id: string): string => `${publicUrl}/papers/${encodeURIComponent(id)}`,
    related: (id: string): string => `${publicUrl}/papers/${encodeURIComponent(id)}#related`,
    search: (words: string): string => `${publicUrl}/?q=${encodeURIComponent(words)}`,
  };

  async function linksOf({ subscription: { id, subscriberId } }: Delivery): Promise<DigestLinks> {
    const token = await issueToken({ subscriberId, subscriptionId: id });
    const said = (paper: string): string =>
      `${publicUrl}/digest/${token}/papers/${encodeURIComponent(paper)}`;
    return {
      ...publicLinks,
      notForMe: (paper) => `${said(paper)}#unwanted`,
      save: (paper) => `${said(paper)}#save`,
      manage: () => `${publicUrl}/manage/${token}`,
      unsubscribe: () => `${publicUrl}/unsubscribe/${token}`,
    };
  }

  return {
    until: () => store.readyUntil(marks()),

    async compose(subscription, { after, until }, now) {
      const news = await load(after, until, now);
      const matches = await matcher.match(subscription, news);
      const sent = await deliveries.listSent(
        subscription,
        matches.matches.map(({ key }) => key),
      );
      const { channel } = subscription;
      const room = channel.kind === 'webhook' ? webhookRoom[channel.shape] : undefined;
      return composeDigest({ settings: subscription, news, matches, sent, now, room });
    },

    async refresh(delivery) {
      const { papers } = delivery.digest;
      const ledger = await deliveries.listLedger(delivery.id);
      if (papers.every(({ key }) => ledger.has(key))) return delivery;
      const current = await resolve(papers.map(({ id }) => id));
      const told = new Set<number>();
      const left = papers.filter(({ key }, at) => {
        const now = ledger.has(key) ? key : (current[at]?.key ?? key);
        if (told.has(now) || !ledger.has(now)) return false;
        told.add(now);
        return true;
      });
      if (left.length === 0) return null;
      return { ...delivery, digest: withPapers(delivery.digest, left) };
    },

    async mail(delivery, date) {
      const { subscription, digest, messageId } = delivery;
      return digestMail(await withFirstLike(subscription, { resolve }), digest, {
        links: await linksOf(delivery),
        messageId: `${messageId}@${from.address.split('@').at(-1)}`,
        from,
        date,
      });
    },

    async webhook({ subscription, digest, messageId: id, localDate }) {
      const { channel } = subscription;
      if (channel.kind !== 'webhook') throw new Error('a mail is no webhook');
      const options = {
        ...{ shape: channel.shape, subscription: await withFirstLike(subscription, { resolve }) },
        ...{ id, localDate, links: publicLinks },
      };
      const body = webhookBody(digest, options);
      return { url: channel.url, body };
    },
  };
}
