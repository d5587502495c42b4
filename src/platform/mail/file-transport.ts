import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../durable-file.js';
import { messageOf } from '../errors.js';
import type { DkimKey } from './dkim.js';
import { composeMessage } from './message.js';
import { unsendable } from './smtp-session.js';
import type { Mail, MailTransport, SendOptions, SendOutcome } from './transport.js';

export interface FileTransportOptions {
  /** Absolute; made when missing. */
  dir: string;
  /** null: unsigned. */
  dkim: DkimKey | null;
}

/** Mails hold links that open what is stored of their reader: they are their owner's alone. A folder that is there stays as it is. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Puts each mail into a folder as an `.eml` that is there as a whole or not at all. The same mail again is the same file. */
export function createFileTransport({ dir, dkim }: FileTransportOptions): MailTransport {
  async function send(mail: Mail, { mayStillSend, signal }: SendOptions = {}): Promise<SendOutcome> {
    let message: Buffer;
    try {
      message = await composeMessage(mail, dkim);
    } catch (error) {
      return unsendable(error);
    }
    if (signal?.aborted) return { kind: 'deferred', response: 'stopped before it was written', scope: 'run' };
    if (mayStillSend && !(await mayStillSend())) return { kind: 'withdrawn' };
    const name = fileName(mail);
    try {
      await mkdir(dir, { recursive: true, mode: FOLDER_MODE });
      await writeDurably(join(dir, name), [message], { mode: FILE_MODE });
    } catch (error) {
      // A full disk or a folder that is gone concerns every mail.
      return { kind: 'deferred', response: messageOf(error), scope: 'run' };
    }
    return { kind: 'sent', response: name };
  }

  return {
    kind: 'file',
    target: dir,
    connections: 1,
    send,
    async verify() {
      const probe = join(dir, '.probe');
      try {
        await mkdir(dir, { recursive: true, mode: FOLDER_MODE });
        await writeDurably(probe, [''], { mode: FILE_MODE });
        await rm(probe, { force: true });
        return { ok: true, detail: 'can be written to; mails are kept there as files and sent to nobody' };
      } catch (error) {
        return { ok: false, detail: messageOf(error) };
      }
    },
    close: async () => undefined,
  };
}

/** Sorted by date; the id as it is would be anything. */
function fileName({ date, messageId, to }: Mail): string {
  const time = date.toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '');
  const digest = createHash('sha256').update(`${messageId}\n${to}`).digest('hex').slice(0, 16);
  return `${time}-${digest}.eml`;
}
