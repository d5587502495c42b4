import { readFile } from 'node:fs/promises';
import type { MailConfig } from '../config.js';
import { AppError, messageOf } from '../errors.js';
import { type DkimKey, readDkimKey } from './dkim.js';
import { createFileTransport } from './file-transport.js';
import { createSmtpTransport } from './smtp-transport.js';
import type { MailTransport } from './transport.js';

/**
 * The transport of the settings; connects to nothing yet.
 * @throws AppError invalid_config where the DKIM key can't be used.
 */
export async function createMailTransport(config: MailConfig): Promise<MailTransport> {
  const dkim = await loadDkimKey(config);
  if (config.smtp === null) return createFileTransport({ dir: config.dir, dkim });
  return createSmtpTransport({ server: config.smtp, dkim });
}

/** null where mails are not signed. @throws AppError invalid_config */
export async function loadDkimKey({ dkim }: MailConfig): Promise<DkimKey | null> {
  if (dkim === null) return null;
  const { domain, selector, keyFile } = dkim;
  try {
    return { domain, selector, privateKey: readDkimKey(await readFile(keyFile, 'utf8')) };
  } catch (error) {
    throw new AppError('invalid_config', `Wrong setting: DKIM_KEY_FILE (${keyFile}): ${messageOf(error)}.`);
  }
}
