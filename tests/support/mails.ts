import type { Mail } from '../../src/platform/mail/transport.js';

export interface InventedMail {
  number?: number;
  /** Of its text, at least. */
  bytes?: number;
}

/** A mail with what is hard for a transport in it: dots that begin lines, long words, other scripts. */
export function inventedMail({ number = 1, bytes = 0 }: InventedMail = {}): Mail {
  const filler = `${'Widths, depths and what lies between them. '.repeat(2)}\n`;
  return {
    messageId: `digest-${number}.7f3a@quire.example`,
    from: { name: 'Quire', address: 'quire@quire.example' },
    to: `reader${number}@example.org`,
    subject: `Digest ${number}: noyaux, 核, and more`,
    text: `.\n..two dots\nA line.\n${filler.repeat(Math.ceil(bytes / filler.length))}.`,
    html: '<p>A line with <b>核</b>.</p>',
    headers: {
      'List-Unsubscribe': `<https://quire.example/u/${'a1'.repeat(32)}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'Auto-Submitted': 'auto-generated',
    },
    date: new Date('2026-11-21T06:00:00Z'),
  };
}
