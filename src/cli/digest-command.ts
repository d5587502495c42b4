import { createAskedRun } from '../digests/asked-run.js';
import type { Delivery } from '../digests/delivery-rows.js';
import { createDeliveryStore } from '../digests/delivery-store.js';
import {
  COUNTED_DAYS,
  createHistoryStore,
  type DeliveryCounts,
  settledStates,
} from '../digests/history-store.js';
import { createRunStore } from '../digests/run-store.js';
import type { Subscription } from '../digests/subscription.js';
import { checkEmail } from '../digests/subscription-request.js';
import { createSubscriptionStore } from '../digests/subscription-store.js';
import { subscriptionView } from '../digests/subscription-view.js';
import { nameOf } from '../digests/templates/words.js';
import { MAX_WEBHOOKS } from '../digests/webhooks.js';
import { plural } from '../ingest/take-file.js';
import { notify } from '../platform/db/notifications.js';
import { AppError } from '../platform/errors.js';
import { type CommandContext, exitCodes, print, withServices, withStores } from './run-command.js';

/** Deliveries of a list. */
const SHOWN = 50;

/** Suppressed addresses of a list: more of them are a reason to look at where they come from. */
const SHOWN_SUPPRESSED = 1_000;

/** Everything that is due, now: here, or by the process that sends already, whose run is waited for. */
export async function digestRunCommand({ json }: { json: boolean }, context: CommandContext): Promise<void> {
  await withServices(context, async ({ digests, db, clock }) => {
    const asked = createAskedRun({ scheduler: digests, runs: createRunStore(db), db, clock });
    const { books, isOurs } = await asked.run(context.signal);
    const { prepared, empty, due, sent, deferred, failed, uncertain, skipped, problem } = books;
    print(json, books, [
      ...(isOurs ? [] : ['The process that sends digests looked:']),
      `${plural(prepared, 'digest', 'digests')} prepared, ${plural(empty, 'empty day', 'empty days')} passed over`,
      `${due} due: ${sent} sent, ${deferred} put off, ${failed} failed, ${uncertain} uncertain, ${skipped} not wanted any more`,
      ...(problem === null ? [] : [`stopped: ${problem}`]),
    ]);
    if (problem !== null) process.exitCode = exitCodes.failed;
  });
}

export async function digestStatusCommand(
  { json }: { json: boolean },
  context: CommandContext,
): Promise<void> {
  await withStores(context, async ({ db, clock }) => {
    const store = createDeliveryStore(db);
    const history = createHistoryStore(db);
    const [runs, states, forms, open] = await Promise.all([
      createRunStore(db).listRecent(5),
      history.countByState(clock.now()),
      history.findFormFailures(clock.now()),
      store.listIn(['uncertain', 'deferred', 'failed'], SHOWN),
    ]);
    const [last] = runs;
    print(json, { runs, states, open: open.map(viewOf), formFailures: forms }, [
      last
        ? `last run: ${last.startedAt.toISOString()}${last.finishedAt === null ? ', not finished' : ''}${last.problem === null ? '' : `, stopped: ${last.problem}`}`
        : 'No run yet: the service sends digests while it runs.',
      ...states.map(
        (one) => `${String(one.count).padStart(8)}  ${one.state}${spanOf(one)}${nextOf(one.nextAt)}`,
      ),
      ...open.map(lineOf),
      ...(forms.count === 0
        ? []
        : [`${plural(forms.count, 'mail', 'mails')} of the forms failed in the last day:`]),
      ...forms.recent.map(
        ({ id, failedAt, tries, response }) =>
          `  ${failedAt.toISOString()}  request ${id}  ${plural(tries, 'try', 'tries')}: ${response}`,
      ),
    ]);
  });
}

export interface DigestResendOptions {
  /** All that were put off too. */
  deferred: boolean;
  json: boolean;
}

export async function digestResendCommand(
  ids: readonly string[],
  { deferred, json }: DigestResendOptions,
  context: CommandContext,
): Promise<void> {
  if (ids.length === 0 && !deferred)
    throw new AppError('invalid_input', 'Expected ids of `quire digest status`, or --deferred.');
  await withStores(context, async ({ db, clock }) => {
    const store = createDeliveryStore(db);
    const released: number[] = [];
    const retried: number[] = [];
    const refused: string[] = [];
    for (const id of ids) {
      const was = /^\d{1,9}$/.test(id) ? await store.release(Number(id), clock.now()) : null;
      if (was === null) refused.push(id);
      else (was === 'deferred' ? retried : released).push(Number(id));
    }
    const all = deferred ? await store.releaseDeferred(clock.now()) : 0;
    if (released.length + retried.length + all > 0) await notify(db.pool, 'digests');
    print(json, { released, retried, refused, deferred: all }, [
      ...(released.length === 0 ? [] : [`${digests(released.length)} sent again ${SOON}`]),
      ...(retried.length === 0 ? [] : [`${digests(retried.length)} tried again ${SOON}`]),
      ...(deferred ? [`${digests(all)} that had been put off tried again ${SOON}`] : []),
      ...refused.map(
        (id) => `${id}: is no uncertain, failed or deferred digest (\`quire digest status\` lists them)`,
      ),
    ]);
    if (refused.length > 0) process.exitCode = exitCodes.failed;
  });
}

const SOON = 'now, while the service runs';

const digests = (count: number): string => plural(count, 'digest', 'digests');

/** Webhooks of a list: as many as there may be. Whoever has a URL can write into its channel: the terminal shows it in part, `json` as it is. */
export async function digestWebhooksCommand(
  { json }: { json: boolean },
  context: CommandContext,
): Promise<void> {
  await withStores(context, async ({ db, clock }) => {
    const webhooks = await createSubscriptionStore(db).listWebhooks(MAX_WEBHOOKS);
    const now = clock.now();
    print(json, { webhooks: webhooks.map(subscriptionView) }, [
      ...(webhooks.length === 0 ? ['There is no webhook: POST /api/v1/webhooks makes one.'] : []),
      ...webhooks.map((one) => webhookLine(one, now)),
    ]);
  });
}

function webhookLine(webhook: Subscription, now: Date): string {
  const { id, channel, cap, hour, timeZone, pausedUntil } = webhook;
  if (channel.kind !== 'webhook') throw new Error('a mail is no webhook');
  const where = `${new URL(channel.url).origin}/…`;
  const pause =
    pausedUntil !== null && pausedUntil > now ? `, paused until ${pausedUntil.toISOString()}` : '';
  return `${String(id).padStart(6)}  ${channel.shape}  ${where}  ${nameOf(webhook)}, ${cap} at most, at ${hour}:00 ${timeZone}${pause}`;
}

/** Addresses that get nothing because their server refused them; `remove`: one that may be sent to again. */
export async function digestSuppressedCommand(
  { remove, json }: { remove?: string; json: boolean },
  context: CommandContext,
): Promise<void> {
  await withStores(context, async ({ db }) => {
    const store = createSubscriptionStore(db);
    if (remove !== undefined) {
      const { email, key } = checkEmail(remove);
      const removed = await store.liftSuppression(key);
      const says = removed
        ? 'may be sent to again'
        : 'is not suppressed (`quire digest suppressed` lists them)';
      print(json, { email, removed }, [`${email} ${says}`]);
      if (!removed) process.exitCode = exitCodes.failed;
      return;
    }
    const suppressed = await store.listSuppressed(SHOWN_SUPPRESSED);
    const isCut = suppressed.length === SHOWN_SUPPRESSED;
    print(json, { suppressed }, [
      ...(suppressed.length === 0 ? ['No address is suppressed.'] : []),
      ...suppressed.map(({ email, since, reason }) =>
        `${since.toISOString()}  ${email}  ${reason ?? ''}`.trimEnd(),
      ),
      ...(isCut ? [`The latest ${SHOWN_SUPPRESSED}; there may be more.`] : []),
    ]);
  });
}

const spanOf = ({ state }: DeliveryCounts): string =>
  settledStates.includes(state) ? ` in the last ${COUNTED_DAYS} days` : '';

const nextOf = (at: Date | null): string => (at === null ? '' : `, next try ${at.toISOString()}`);

const nextTryOf = ({ state, nextAt }: Delivery): Date | null => (state === 'deferred' ? nextAt : null);

function viewOf(delivery: Delivery) {
  const { id, state, localDate, dueAt, recipient, attempts, response, digest } = delivery;
  const nextAt = nextTryOf(delivery);
  return { id, state, localDate, dueAt, nextAt, recipient, attempts, response, papers: digest.papers.length };
}

function lineOf(delivery: Delivery): string {
  const { id, state, localDate, recipient, attempts, response } = delivery;
  return `  ${id}  ${state}  ${localDate}  ${recipient}  ${plural(attempts, 'try', 'tries')}${nextOf(nextTryOf(delivery))}${response === null ? '' : `: ${response}`}`;
}
