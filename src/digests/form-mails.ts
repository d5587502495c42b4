import type { Mail } from '../platform/mail/transport.js';
import { CONFIRM_DAYS, MANAGE_DAYS } from './tokens.js';

export interface FormMailOptions {
  /** Where people reach the service, without a slash at the end. */
  publicUrl: string;
  from: Mail['from'];
}

interface FormMail {
  /** The same for the same request, however often it is tried: receivers may drop what they have. */
  id: string;
  to: string;
  token: string;
  date: Date;
}

/**
 * The mails that the public forms cause. Whoever types an address into them may not be its owner: nothing of what was typed is in
 * them, so that they carry nobody's message to anybody.
 */
export function confirmMail(mail: FormMail, options: FormMailOptions): Mail {
  return compose(mail, {
    options,
    path: 'confirm',
    subject: 'Confirm your digest of papers',
    lines: [
      'Somebody, most likely you, asked for a digest of new research papers to be sent to this address.',
      'To get it, open this page and confirm:',
    ],
    after: `The link works for ${CONFIRM_DAYS} days. If it wasn’t you, do nothing: no digest is sent, and the request is forgotten.`,
  });
}

export function manageMail(mail: FormMail, options: FormMailOptions): Mail {
  return compose(mail, {
    options,
    path: 'manage',
    subject: 'Your digests of papers',
    lines: [
      'Somebody, most likely you, asked for the page on which the digests to this address are changed or ended:',
    ],
    after: `The link works for ${MANAGE_DAYS} days. Whoever has it can do all of this: don’t hand it on. If it wasn’t you, do nothing.`,
  });
}

interface Text {
  options: FormMailOptions;
  path: string;
  subject: string;
  lines: readonly string[];
  after: string;
}

function compose({ id, to, token, date }: FormMail, { options, path, subject, lines, after }: Text): Mail {
  const { publicUrl, from } = options;
  const link = `${publicUrl}/${path}/${token}`;
  const about = `Quire is a search service for research papers, here at ${publicUrl}`;
  const paragraph = (html: string) => `<p style="margin:0 0 16px">${html}</p>`;
  const body = [
    ...lines.map((line) => paragraph(escapeHtml(line))),
    paragraph(`<a href="${escapeHtml(link)}" style="color:#0b6e69">${escapeHtml(link)}</a>`),
    paragraph(escapeHtml(after)),
    `<p style="margin:0;font-size:14px;color:#5f5b53">${escapeHtml(about)}</p>`,
  ];
  return {
    messageId: `form.${id}@${from.address.split('@').at(-1)}`,
    from,
    to,
    subject,
    text: `${[...lines, link, after, '-- \n'.concat(about)].join('\n\n')}\n`,
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head><body style="max-width:600px;margin:0 auto;padding:16px;font:17px/1.55 ui-sans-serif,system-ui,sans-serif">${body.join('')}</body></html>`,
    // RFC 3834: no out-of-office answers to this.
    headers: { 'Auto-Submitted': 'auto-generated' },
    date,
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
