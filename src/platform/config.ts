import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError } from './errors.js';
import { readSmtpUrl, type SmtpServer } from './mail/smtp-url.js';
import { projectRoot } from './paths.js';
import { readTrustProxy, type TrustProxy } from './trust-proxy.js';

/** The model that comes with the project. */
export const DEFAULT_MODEL = 'Xenova/all-MiniLM-L6-v2';

const MAX_EMBED_WORKERS = 64;

/** One setting: its environment variable, its default, and what it means to set it too low or too high. */
interface Setting<T> {
  readonly parse: (text: string) => T;
  readonly fallback: T;
  /** For README, `--help` and error messages: unit, and what too low and too high do. */
  readonly about: string;
}

const settings = {
  HOST: text('127.0.0.1', 'Address to listen on. 0.0.0.0 opens the service to the network.'),
  PORT: integer(8080, 0, 65_535, 'TCP port. 0 takes any free one.'),
  PUBLIC_URL: optional(
    'https://… under which people reach the service, for links in mails, feeds and answers. Not set: in mails http:// with HOST and PORT, in answers the address that was asked.',
  ),
  TRUST_PROXY: read(
    readTrustProxy,
    'Reverse proxies before the service: how many (1 to 8; the nearest in a private network), or their addresses and networks (10.0.0.2, 172.16.0.0/12), at most 16. Whom they name in X-Forwarded-For is the visitor. Not set behind one: all visitors share one limit. Set without one, or too high: anybody can name another address and has no limit.',
  ),
  DATA_DIR: text('data', 'Folder of the embedded database and the index snapshots; made when missing.'),
  DATABASE_URL: optional(
    'postgresql://… of a PostgreSQL server (15 or newer) to use instead of the embedded one.',
  ),
  DATABASE_POOL: integer(
    10,
    2,
    100,
    'Database connections. Too few queue requests; too many exhaust the server.',
  ),
  API_KEY: optional(
    'Key for the write API (at least 24 characters) instead of one made and printed at the first start.',
  ),
  SAMPLE: choice(['on', 'off'], 'on', 'Take the sample collection in on the first start.'),
  MODELS_DIR: text(join(projectRoot, 'models'), 'Folder of the embedding models.'),
  MODEL: optional(
    `Embedding model: a folder, or an id below MODELS_DIR or on MODEL_HUB; ${DEFAULT_MODEL} in a new database. Another one is embedded in the background, as by \`quire model use\`.`,
  ),
  MODEL_HUB: text(
    'https://huggingface.co',
    'Where a model that is not on this machine is downloaded from; `off`: nowhere.',
  ),
  EMBED_WORKERS: integer(
    Math.min(availableParallelism(), MAX_EMBED_WORKERS),
    1,
    MAX_EMBED_WORKERS,
    'Embedding threads, some 140 MB each. More than there are cores slows every one of them down.',
  ),
  INDEX_EXACT_LIMIT: integer(
    5_000,
    0,
    100_000,
    'Vectors up to which search is exact. Low: approximate early. High: search slows, 1 ms per 2,500 vectors.',
  ),
  BODY_LIMIT_MB: integer(
    64,
    1,
    1_024,
    'Largest body of an ingest request, MiB. Held on disk and in memory in parts.',
  ),
  REQUEST_TIMEOUT_S: integer(
    30,
    1,
    600,
    'Seconds until a request is given up. Ingest has ten times as much.',
  ),
  DRAIN_TIMEOUT_S: integer(15, 1, 300, 'Seconds that requests under way get when the service stops.'),
  SMTP_URL: read(
    readSmtpUrl,
    'Mail server: smtp://user:password@host:587 (STARTTLS where it is offered, always with a password), smtps://host:465; `?tls=required`, `unverified` (any certificate) or `off`. Not set: mails become files.',
  ),
  MAIL_DIR: optional(
    'Folder of mails as .eml files, where no SMTP_URL is set; DATA_DIR/mail when not set. Nothing in it is ever removed.',
  ),
  MAIL_FROM: text('Quire <quire@localhost>', 'Sender of all mails: a name and its address, or an address.'),
  DKIM_DOMAIN: optional('Domain that mails are signed for, that of MAIL_FROM or one above it.'),
  DKIM_SELECTOR: optional('Its key’s name: the record is SELECTOR._domainkey.DOMAIN.'),
  DKIM_KEY_FILE: optional('File of its private RSA key (1,024 bits or more), in PEM.'),
  DIGEST_UNCERTAIN: choice(
    ['hold', 'resend'],
    'hold',
    'What becomes of a digest that may have been sent (its server fell silent at the end): held until `quire digest resend`, or sent again, perhaps twice.',
  ),
  WEBHOOK_PRIVATE: choice(
    ['on', 'off'],
    'off',
    '`on`: webhooks may go to loopback and private networks, so that whoever subscribes reaches into yours.',
  ),
  SOURCES_FILE: optional(
    'JSON file of the sources to pull papers from: {"sources": [{"kind": "arxiv", "categories": ["cs.CL"]}]}. Read at each start; `quire sources add` needs none.',
  ),
  SOURCES_PRIVATE: choice(
    ['on', 'off'],
    'off',
    '`on`: sources and `quire ingest URL` may be on loopback and private networks; a source that is redirected there reads what stands there.',
  ),
  CONTACT: optional(
    'Mail address or page by which those who run a source reach you: part of every request’s User-Agent. Not set: PUBLIC_URL.',
  ),
  LOG_LEVEL: choice(
    ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    'info',
    'What is logged to standard error; on a terminal, where progress is shown, `warn` unless set.',
  ),
  LOG_FORMAT: choice(
    ['auto', 'pretty', 'json'],
    'auto',
    '`auto`: pretty on a terminal, else one JSON object a line.',
  ),
} as const;

type Settings = { [K in keyof typeof settings]: (typeof settings)[K] extends Setting<infer T> ? T : never };

/** Setting names with default and meaning, in the order of the table: the source of every list of them. */
export const settingsHelp: readonly { name: string; fallback: string; about: string }[] = Object.entries(
  settings,
).map(([name, { fallback, about }]) => ({
  name,
  fallback: fallback === null ? '' : String(fallback),
  about,
}));

export interface MailConfig {
  /** null: mails become files in `dir`. */
  readonly smtp: SmtpServer | null;
  /** Absolute. */
  readonly dir: string;
  readonly from: { readonly name: string; readonly address: string };
  /** null: unsigned. */
  readonly dkim: { readonly domain: string; readonly selector: string; readonly keyFile: string } | null;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Base of links, without a slash at the end. Of PORT 0 it has that 0: the port isn't known before listening. */
  readonly publicUrl: string;
  /** PUBLIC_URL, where it is set; null: links in answers begin with the address that was asked. */
  readonly publishedAt: string | null;
  /** null: nobody is believed who it is that he speaks for. */
  readonly trustProxy: TrustProxy | null;
  /** Absolute. */
  readonly dataDir: string;
  /** null: the embedded database. */
  readonly databaseUrl: string | null;
  readonly databasePool: number;
  readonly apiKey: string | null;
  readonly sample: boolean;
  /** Absolute. */
  readonly modelsDir: string;
  /** A folder or an id; null: whatever the database uses. */
  readonly model: string | null;
  /** Base URL; null: nothing is downloaded. */
  readonly modelHub: string | null;
  readonly embedWorkers: number;
  readonly indexExactLimit: number;
  readonly bodyLimitBytes: number;
  readonly requestTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly mail: MailConfig;
  /** What becomes of a digest that may have been sent. */
  readonly digestUncertain: 'hold' | 'resend';
  /** Whether webhooks may go to private and special networks. */
  readonly webhookPrivate: boolean;
  /** Absolute; null: sources are those of `quire sources add` alone. */
  readonly sourcesFile: string | null;
  /** Whether sources may be on private and special networks. */
  readonly sourcesPrivate: boolean;
  /** For the User-Agent of what is asked of others. */
  readonly contact: string;
  readonly log: { readonly level: string; readonly format: 'pretty' | 'json' };
}

/**
 * Reads the environment: the only place that does. Every wrong setting is named in one error.
 * @throws AppError invalid_config
 */
export function readConfig(env: NodeJS.ProcessEnv, options: { isTerminal?: boolean } = {}): Config {
  const values = parseAll(env);
  const problems: string[] = [];
  const modelHub = values.MODEL_HUB === 'off' ? null : values.MODEL_HUB.replace(/\/+$/, '');
  if (modelHub !== null && !/^https?:\/\/[^/]/.test(modelHub)) {
    problems.push('MODEL_HUB: expected https://host or off');
  }
  if (values.DATABASE_URL !== null && !/^postgres(ql)?:\/\//.test(values.DATABASE_URL)) {
    problems.push('DATABASE_URL: expected postgresql://user:password@host:port/database');
  }
  // Links to every address lead nowhere: at least those from this machine shall work.
  const reached = values.HOST === '0.0.0.0' || values.HOST === '::' ? '127.0.0.1' : values.HOST;
  const host = reached.includes(':') ? `[${reached}]` : reached;
  const publicUrl = (values.PUBLIC_URL ?? `http://${host}:${values.PORT}`).replace(/\/+$/, '');
  // Pages link to each other from the root: there is no serving them below a path.
  if (!/^https?:\/\/[^/\s?#@]+$/.test(publicUrl) || !URL.canParse(publicUrl)) {
    problems.push('PUBLIC_URL: expected https://host, without a path');
  }
  if (values.API_KEY !== null && values.API_KEY.length < 24) {
    problems.push('API_KEY: expected at least 24 characters (`quire key create` makes one)');
  }
  // It becomes a part of a header.
  if (values.CONTACT !== null && !/^[\x21-\x7e]{3,200}$/.test(values.CONTACT)) {
    problems.push('CONTACT: expected a mail address or an address such as https://host/path');
  }
  const mail = mailOf(values, problems);
  refuse(problems);
  return Object.freeze({
    host: values.HOST,
    port: values.PORT,
    publicUrl,
    publishedAt: values.PUBLIC_URL === null ? null : publicUrl,
    trustProxy: values.TRUST_PROXY,
    dataDir: resolve(values.DATA_DIR),
    databaseUrl: values.DATABASE_URL,
    databasePool: values.DATABASE_POOL,
    apiKey: values.API_KEY,
    sample: values.SAMPLE === 'on',
    modelsDir: resolve(values.MODELS_DIR),
    model: values.MODEL,
    modelHub,
    embedWorkers: values.EMBED_WORKERS,
    indexExactLimit: values.INDEX_EXACT_LIMIT,
    bodyLimitBytes: values.BODY_LIMIT_MB * 2 ** 20,
    requestTimeoutMs: values.REQUEST_TIMEOUT_S * 1_000,
    drainTimeoutMs: values.DRAIN_TIMEOUT_S * 1_000,
    mail: Object.freeze(mail),
    digestUncertain: values.DIGEST_UNCERTAIN,
    webhookPrivate: values.WEBHOOK_PRIVATE === 'on',
    sourcesFile: values.SOURCES_FILE === null ? null : resolve(values.SOURCES_FILE),
    sourcesPrivate: values.SOURCES_PRIVATE === 'on',
    contact: values.CONTACT ?? publicUrl,
    log: Object.freeze({
      // A line for every request would push the address and the key off a person's screen.
      level: options.isTerminal && !env['LOG_LEVEL'] ? 'warn' : values.LOG_LEVEL,
      format: values.LOG_FORMAT === 'auto' ? (options.isTerminal ? 'pretty' : 'json') : values.LOG_FORMAT,
    }),
  });
}

/** What there is to say against it goes to `problems`. */
function mailOf(values: Settings, problems: string[]): MailConfig {
  const named = /^\s*"?([^"<>]*?)"?\s*<([^<>]*)>\s*$/.exec(values.MAIL_FROM);
  const from = { name: named?.[1] ?? '', address: (named?.[2] ?? values.MAIL_FROM).trim() };
  if (!/^[^\s@<>"(),:;\\]+@[^\s@<>"(),:;\\]+$/.test(from.address)) {
    problems.push('MAIL_FROM: expected Name <address@host>, or an address');
  }
  if (values.SMTP_URL !== null && values.MAIL_DIR !== null) {
    problems.push('MAIL_DIR: expected only where SMTP_URL is not set');
  }
  return {
    smtp: values.SMTP_URL,
    dir: resolve(values.MAIL_DIR ?? join(values.DATA_DIR, 'mail')),
    from,
    dkim: dkimOf(values, from.address, problems),
  };
}

function dkimOf(values: Settings, sender: string, problems: string[]): MailConfig['dkim'] {
  const { DKIM_DOMAIN: domain, DKIM_SELECTOR: selector, DKIM_KEY_FILE: keyFile } = values;
  if (domain === null && selector === null && keyFile === null) return null;
  if (domain === null || selector === null || keyFile === null) {
    problems.push('DKIM_DOMAIN, DKIM_SELECTOR, DKIM_KEY_FILE: expected all three or none');
    return null;
  }
  const label = '[a-z0-9]([a-z0-9-]*[a-z0-9])?';
  if (!new RegExp(`^${label}(\\.${label})*$`, 'i').test(selector)) {
    problems.push('DKIM_SELECTOR: expected a name such as 2026a');
  }
  const host = sender.slice(sender.lastIndexOf('@') + 1).toLowerCase();
  const signs = domain.toLowerCase();
  // Otherwise no receiver counts the signature for the sender (RFC 7489, 3.1.1).
  if (host !== signs && !host.endsWith(`.${signs}`)) {
    problems.push(`DKIM_DOMAIN: expected the domain of MAIL_FROM, ${host}, or one above it`);
  }
  return { domain: signs, selector, keyFile: resolve(keyFile) };
}

function parseAll(env: NodeJS.ProcessEnv): Settings {
  const problems: string[] = [];
  const values = Object.entries(settings).map(([name, setting]) => {
    const given = env[name];
    if (given === undefined || given === '') return [name, setting.fallback];
    try {
      return [name, setting.parse(given)];
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
      return [name, setting.fallback];
    }
  });
  refuse(problems);
  return Object.fromEntries(values) as Settings;
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new AppError('invalid_config', `Wrong setting: ${problems.join('; ')}.`);
}

function text(fallback: string, about: string): Setting<string> {
  return { fallback, about, parse: (given) => given };
}

function optional(about: string): Setting<string | null> {
  return { fallback: null, about, parse: (given) => given };
}

/** As `optional`, in the form that `parse` gives it. */
function read<T>(parse: (given: string) => T, about: string): Setting<T | null> {
  return { fallback: null, about, parse };
}

function integer(fallback: number, min: number, max: number, about: string): Setting<number> {
  return {
    fallback,
    about: `${about} (${min} to ${max})`,
    parse: (given) => {
      const value = Number(given);
      if (!/^\d+$/.test(given) || value < min || value > max) {
        throw new Error(`expected a whole number from ${min} to ${max}, not “${given}”`);
      }
      return value;
    },
  };
}

function choice<const T extends string>(values: readonly T[], fallback: T, about: string): Setting<T> {
  return {
    fallback,
    about: `${about} (${values.join(', ')})`,
    parse: (given) => {
      const value = values.find((one) => one === given);
      if (value === undefined) throw new Error(`expected one of ${values.join(', ')}, not “${given}”`);
      return value;
    },
  };
}
