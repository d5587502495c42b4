import { isIP } from 'node:net';

/** A mail server as `SMTP_URL` names it. */
export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps://`); otherwise STARTTLS where the server offers it. */
  secure: boolean;
  /**
   * `required`: no mail without TLS; `unverified`: its certificate may be anybody's; `off`: not even where it is offered;
   * `offered`: where it is offered, and then with a certificate that is valid.
   */
  tls: 'offered' | 'required' | 'unverified' | 'off';
  auth: { user: string; pass: string } | null;
}

const EXPECTED =
  'expected smtp://user:password@host:587 or smtps://host:465, with % / ? # @ : and spaces of user and password as %25 %2F %3F %23 %40 %3A %20';

/** @throws Error saying what was expected; never what was given, which may hold a password. */
export function readSmtpUrl(text: string): SmtpServer {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isSmtp = url !== null && ['smtp:', 'smtps:'].includes(url.protocol);
  if (!isSmtp || url.hostname === '' || !['', '/'].includes(url.pathname)) throw new Error(EXPECTED);
  const secure = url.protocol === 'smtps:';
  const host = decode(url.hostname).replace(/^\[(.*)\]$/, '$1');
  const user = decode(url.username);
  const pass = decode(url.password);
  if ((user === '') !== (pass === '')) throw new Error(`${EXPECTED}: a user has a password`);
  const auth = user === '' ? null : { user, pass };
  const tls = readTls(url, { secure, needsTls: auth !== null && !isLoopback(host) });
  return { host, port: url.port === '' ? (secure ? 465 : 587) : Number(url.port), secure, tls, auth };
}

/** `smtp://host:port`: what may be shown. */
export function smtpTarget({ host, port, secure }: SmtpServer): string {
  return `${secure ? 'smtps' : 'smtp'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** A password goes over TLS unless it stays on this machine, or somebody wrote `?tls=off`. */
function readTls(url: URL, { secure, needsTls }: { secure: boolean; needsTls: boolean }): SmtpServer['tls'] {
  for (const name of url.searchParams.keys()) {
    if (name !== 'tls') throw new Error('expected no parameter but tls');
  }
  const given = url.searchParams.get('tls');
  if (given === null) return needsTls ? 'required' : 'offered';
  const tls = (['required', 'unverified', 'off'] as const).find((one) => one === given);
  if (tls === undefined) throw new Error('expected tls to be required, unverified or off');
  if (secure && tls === 'off') throw new Error('expected no tls=off beside smtps://');
  return tls;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(EXPECTED);
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
