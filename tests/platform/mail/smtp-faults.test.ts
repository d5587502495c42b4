import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { defaultTimeouts, type SmtpTimeouts } from '../../../src/platform/mail/smtp-session.js';
import { createSmtpTransport } from '../../../src/platform/mail/smtp-transport.js';
import { readSmtpUrl } from '../../../src/platform/mail/smtp-url.js';
import type { SendOutcome } from '../../../src/platform/mail/transport.js';
import { inventedMail } from '../../support/mails.js';
import { startFaultySmtp } from '../../support/smtp-faults.js';
import { type Mode, modes, type Point } from '../../support/smtp-modes.js';

const MESSAGES = 5;
const POSITIONS = { first: 1, middle: 3, last: 5 };
/** Of the part that the fault is in, at the message that it happens to: nothing that works is ever under a short limit. */
const SHORT_MS = 300;
/** Beyond what mail servers and kernels read ahead at once. */
const LARGE = 400_000;

interface Row {
  name: string;
  position: string;
  outcomes: SendOutcome[];
  wrong: string[];
}

async function play(name: string, mode: Mode, [position, on]: [string, number]): Promise<Row> {
  const { fault, expects, needs } = mode;
  const server = await startFaultySmtp({ fault, on, ...(needs && { needs }) });
  const credentials = needs === 'auth' ? 'somebody:something@' : '';
  // A fault of a connection meets the message of that number when each has its own.
  const hasOwnConnections = partOf(fault.at) === 'open';
  const timeouts = { ...defaultTimeouts };
  const transport = createSmtpTransport({
    server: readSmtpUrl(`smtp://${credentials}127.0.0.1:${server.port}`),
    dkim: null,
    messagesPerConnection: hasOwnConnections ? 1 : 100,
    timeouts,
  });
  const outcomes: SendOutcome[] = [];
  const wrong: string[] = [];
  for (let number = 1; number <= MESSAGES; number += 1) {
    const mail = inventedMail({ number, bytes: needs === 'large' ? LARGE : 0 });
    const part = partOf(fault.at);
    timeouts[part] = number === on && fault.next === 'silence' ? SHORT_MS : defaultTimeouts[part];
    const outcome = await transport.send(mail);
    outcomes.push(outcome);
    const expected = number === on ? expects : { kind: 'sent' };
    const { response: _, ...seen } = { response: '', ...outcome };
    if (!isDeepStrictEqual(seen, expected))
      wrong.push(`message ${number}: ${JSON.stringify(outcome)} where ${JSON.stringify(expected)} is right`);
    // Whatever the table expects: an outcome that claims to know has to be true.
    const taken = server.accepted.filter((id) => id === mail.messageId).length;
    if (outcome.kind === 'sent' && taken !== 1) wrong.push(`message ${number}: sent, taken ${taken} times`);
    if (['deferred', 'failed'].includes(outcome.kind) && taken !== 0)
      wrong.push(`message ${number}: ${outcome.kind}, and taken`);
  }
  await transport.close();
  await server.close();
  return { name, position, outcomes, wrong };
}

function partOf(point: Point): keyof SmtpTimeouts {
  if (point === 'body' || point === 'dot') return 'answer';
  return ['mail', 'rcpt', 'data'].includes(point) ? 'envelope' : 'open';
}

const summary = (outcome: SendOutcome): string =>
  [outcome.kind, 'scope' in outcome ? outcome.scope : 'why' in outcome ? outcome.why : '']
    .filter((part) => part !== '')
    .join('/');

describe('a mail server that fails', () => {
  it('never makes an outcome that is not true, at the first, a middle and the last message', async (t) => {
    const names = Object.keys(modes);
    assert.ok(names.length >= 25, `${names.length} modes`);
    const rows = await Promise.all(
      names.flatMap((name) =>
        Object.entries(POSITIONS).map((position) => play(name, modes[name]!, position)),
      ),
    );
    for (const name of names) {
      const own = rows.filter((row) => row.name === name);
      const cells = own.map((row) =>
        summary(row.outcomes[POSITIONS[row.position as keyof typeof POSITIONS] - 1]!),
      );
      t.diagnostic(`${name.padEnd(32)} ${cells.map((cell) => cell.padEnd(17)).join(' ')}`);
    }
    const wrong = rows.flatMap((row) => row.wrong.map((what) => `${row.name}, ${row.position}: ${what}`));
    t.diagnostic(`${names.length} modes, ${rows.length * MESSAGES} messages, ${wrong.length} misclassified`);
    assert.deepEqual(wrong, []);
  });
});
