import type { SendOutcome } from './transport.js';

/** A reply of an SMTP server (RFC 5321 4.2), with its enhanced status code (RFC 3463) where it gives one. */
export interface Reply {
  code: number;
  enhanced: string | null;
}

/** What a reply answers; `dot` is the end of the message. */
export type Step = 'MAIL' | 'RCPT' | 'DATA' | 'dot';

/** As much of a reply as is worth keeping: servers explain themselves in a few lines. */
const MAX_RESPONSE = 500;

/** Null where it isn't a reply by the grammar: each line has the same code of three digits, all but the last a hyphen after it. */
export function readReply(response: string): Reply | null {
  const lines = response.replace(/\r?\n$/, '').split(/\r?\n/);
  const code = lines[0]!.slice(0, 3);
  if (!/^[2-5][0-5]\d$/.test(code)) return null;
  const isReply = lines.every((line, at) => {
    const sign = line.charAt(3);
    return line.startsWith(code) && (at === lines.length - 1 ? sign === ' ' || sign === '' : sign === '-');
  });
  if (!isReply) return null;
  const enhanced = /^[245]\.\d{1,3}\.\d{1,3}(?=\s|$)/.exec(lines[0]!.slice(4));
  return { code: Number(code), enhanced: enhanced?.[0] ?? null };
}

/** What a negative reply (4xx, 5xx) to a step makes of the message. */
export function refusal(reply: Reply, step: Step, response: string): SendOutcome {
  if (reply.code === 421) return { kind: 'deferred', response, scope: 'run' };
  if (reply.code < 500) return { kind: 'deferred', response, scope: 'message' };
  // 503, a bad sequence of commands, says that the two of us are out of step, and nothing of the message.
  if (reply.code === 503 && !reply.enhanced?.startsWith('5.7.'))
    return { kind: 'deferred', response, scope: 'message' };
  return { kind: 'failed', response, why: whyRefused(reply, step) };
}

function whyRefused({ code, enhanced }: Reply, step: Step): 'address' | 'policy' | 'message' {
  // An enhanced code of another class than the reply's contradicts it: the reply counts (RFC 2034, 4).
  if (enhanced?.startsWith('5.')) {
    if (enhanced.startsWith('5.7.')) return 'policy';
    // 5.1.7 and 5.1.8 speak of the sender, and so does whatever is answered to MAIL FROM.
    const isAddress = enhanced.startsWith('5.1.') && enhanced !== '5.1.7' && enhanced !== '5.1.8';
    return isAddress && step !== 'MAIL' ? 'address' : 'message';
  }
  return step === 'RCPT' && [550, 551, 553].includes(code) ? 'address' : 'message';
}

/** One line for ledgers and logs. */
export function tidyResponse(response: string): string {
  const line = response.replace(/\p{Cc}+/gu, ' ').trim();
  return line.length > MAX_RESPONSE ? `${line.slice(0, MAX_RESPONSE)}…` : line;
}
