import { randomUUID } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { systemClock } from '../platform/clock.js';
import type { Config } from '../platform/config.js';
import { createMailTransport, loadDkimKey } from '../platform/mail/create-transport.js';
import type { Mail } from '../platform/mail/transport.js';
import {
  checkDkim,
  checkDmarc,
  checkLinks,
  checkSending,
  checkSpf,
  checkTransport,
  onlineResolver,
  senderDomain,
  type TxtResolver,
} from './doctor-mail-checks.js';
import { createReport } from './doctor-report.js';
import type { CommandContext } from './run-command.js';

/** A name server that is there answers within a second, and one try in three may be lost. */
const DNS = { timeout: 2_000, tries: 3 } as const;

export interface DoctorMailOptions {
  json: boolean;
  /** Where a mail is sent to; none is otherwise. */
  to?: string;
}

/** Looks at everything that mails rest on. Needs no database, and runs beside the service. */
export async function doctorMailCommand(
  options: DoctorMailOptions,
  { config }: Pick<CommandContext, 'config'>,
  resolver: TxtResolver = new Resolver(DNS),
): Promise<void> {
  const key = await loadDkimKey(config.mail);
  const transport = await createMailTransport(config.mail);
  const { check, conclude } = createReport(options);
  const sample = selfTest(config, options.to ?? config.mail.from.address);

  const server = await check('server', () => checkTransport(transport));
  await check('links', async () => checkLinks(config));
  const domain = senderDomain(config);
  if (domain === null) {
    const says = `MAIL_FROM is ${config.mail.from.address}: a domain of your own has SPF, DKIM and DMARC records`;
    // Files need none.
    await check('sender', async () => ({ verdict: config.mail.smtp === null ? 'ok' : 'warning', says }));
  } else {
    const records = await onlineResolver(domain, resolver);
    await check('spf', () => checkSpf(domain, records));
    await check('dkim', () => checkDkim(key, sample, records));
    await check('dmarc', () => checkDmarc(domain, records));
  }
  if (options.to !== undefined)
    await check('sending', async () =>
      server === 'failed'
        ? { verdict: 'warning', says: `nothing was sent to ${options.to}: put the server right first` }
        : checkSending(transport, sample),
    );
  await transport.close();
  conclude();
}

function selfTest({ mail, publicUrl }: Config, to: string): Mail {
  const { from } = mail;
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  const words = 'This mail was sent by “quire doctor mail”. That you read it means that mails arrive.';
  return {
    messageId: `self-test.${randomUUID()}@${domain}`,
    from,
    to,
    subject: 'Quire: a test',
    text: `${words}\n\nQuire is at ${publicUrl}\n`,
    html: `<p>${words}</p><p>Quire is at <a href="${encodeURI(publicUrl)}">${encodeURI(publicUrl)}</a></p>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    date: systemClock.now(),
  };
}
