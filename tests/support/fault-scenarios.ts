import type { Cursor } from '../../src/ingest/sources/source-run.js';
import { type Fault, faults, type Payload, payloadPapers, payloads } from './fault-server.js';

/** Where every source of a scenario is asked. */
export const scenarioHost = 'http://scenario.example';

/** One of a source's answers that a fault is in, and how the source then has to stand. */
export interface PullScenario {
  /** The column of a table: `arXiv, announcement`. */
  column: string;
  /** What tells it from others of its column: its shape, or which answer has the fault. */
  name: string;
  /** A name for its source and requests that no other scenario has. */
  key: string;
  fault: Fault;
  payload: Payload;
  settings: Record<string, unknown>;
  /** Whether the answer at that address has the fault. */
  isMet(url: URL): boolean;
  /** What the other addresses answer. */
  other(url: URL): string;
  /** The fault that is how this answer says that there is nothing yet. */
  nothingYet?: string;
  /** Whether what could not be read is still to be read. `waiting`: announced papers that were not fetched yet. */
  isKept(cursor: Cursor | null, waiting: number): boolean;
}

type Kind = Omit<PullScenario, 'key' | 'fault' | 'payload'> & { payloads: readonly Payload[] };

const payloadOf = (name: string): Payload => payloads.find((one) => one.name === name)!;
const rss = payloadOf('rss');
const oneOfAKind = ['atom', 'openalex', 'bibtex'].map(payloadOf);

const noAnnouncement =
  '<rss version="2.0"><channel><title>q-bio updates</title><pubDate>Tue, 11 Jun 2024 00:00:00 -0400</pubDate></channel></rss>';
const oaiPage = (token: string): string =>
  `<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2024-06-11T00:00:00Z</responseDate><ListRecords><resumptionToken>${token}</resumptionToken></ListRecords></OAI-PMH>`;

const arxiv = { kind: 'arxiv', categories: ['q-bio.PE'], feeds: scenarioHost, api: scenarioHost };
const isUntouched = (cursor: Cursor | null): boolean => cursor === null;
const isFeed = ({ pathname }: URL): boolean => pathname.startsWith('/rss/');
const token = (url: URL): string | null => url.searchParams.get('resumptionToken');
const none = (): string => '';

/** All but `quire ingest URL`, for faults of the clock 2024-06-11T12:00:00Z. */
const kinds: readonly Kind[] = [
  {
    ...{ column: 'arXiv, announcement', name: 'rss', payloads: [rss], settings: arxiv, isMet: isFeed },
    other: () => payloadOf('atom').body,
    isKept: isUntouched,
  },
  {
    ...{ column: 'arXiv, by ids', name: 'atom', payloads: [payloadOf('atom')], settings: arxiv },
    isMet: (url) => !isFeed(url),
    other: () => rss.body,
    // The announcement was read, and its papers are in the books.
    isKept: (_cursor, waiting) => waiting === payloadPapers,
  },
  {
    ...{ column: 'arXiv, catching up', name: 'atom', payloads: [payloadOf('atom')] },
    settings: { ...arxiv, since: '2024-01-01' },
    isMet: (url) => !isFeed(url),
    other: () => noAnnouncement,
    isKept: (cursor) => JSON.stringify(cursor?.['gap']) === '{"since":"2024-01-01","start":0}',
  },
  {
    ...{ column: 'Hugging Face', name: 'a day past', payloads: [payloadOf('hugging-face')] },
    settings: { kind: 'huggingface', base: scenarioHost, since: '2024-06-10' },
    isMet: (url) => url.searchParams.get('date') === '2024-06-10',
    other: () => '[]',
    isKept: isUntouched,
  },
  {
    ...{ column: 'Hugging Face', name: 'today', payloads: [payloadOf('hugging-face')] },
    settings: { kind: 'huggingface', base: scenarioHost, since: '2024-06-11' },
    isMet: (url) => url.searchParams.get('date') === '2024-06-11',
    nothingYet: '404',
    other: () => '[]',
    isKept: isUntouched,
  },
  {
    ...{ column: 'OAI-PMH', name: 'first page', payloads: [payloadOf('oai')] },
    settings: { kind: 'oai', url: `${scenarioHost}/oai` },
    isMet: (url) => token(url) === null,
    other: () => oaiPage(''),
    isKept: isUntouched,
  },
  {
    ...{ column: 'OAI-PMH', name: 'second page', payloads: [payloadOf('oai')] },
    settings: { kind: 'oai', url: `${scenarioHost}/oai` },
    isMet: (url) => token(url) === 'second',
    other: (url) => oaiPage(token(url) === null ? 'second' : ''),
    isKept: (cursor) => cursor?.['token'] === 'second',
  },
  {
    ...{ column: 'a feed', name: '', payloads, isKept: isUntouched, other: none, isMet: () => true },
    settings: { kind: 'feed', url: `${scenarioHost}/feed` },
  },
];

const ingested: Kind = {
  ...{ column: '`quire ingest URL`', name: '', payloads, settings: {}, other: none },
  isMet: () => true,
  isKept: () => true,
};

export const pullColumns: readonly string[] = [...new Set(kinds.map(({ column }) => column))];
export const scenarioColumns: readonly string[] = [...pullColumns, ingested.column];

/** Where the right answer comes damaged each shape counts; what goes wrong else is the same for all shapes of a kind. */
function payloadsFor(fault: Fault, { payloads: own }: Kind): readonly Payload[] {
  const read = own.length > 1 && !fault.isOfShape ? oneOfAKind : own;
  return read.filter(({ kind }) => fault.only === undefined || fault.only === kind);
}

/** All that a fault is tried in, in the order of their columns. */
export function scenariosOf(fault: Fault): PullScenario[] {
  return [...kinds, ingested].flatMap((kind, at) =>
    // A download follows redirects by itself, and nothing here speaks TLS.
    (kind === ingested && fault.isSecure ? [] : payloadsFor(fault, kind)).map((payload) => ({
      ...kind,
      fault,
      payload,
      name: kind.name || payload.name,
      key: `${fault.name}-${at}-${payload.name}`,
    })),
  );
}

export const faultNamed = (name: string): Fault => {
  const fault = faults.find((one) => one.name === name);
  if (!fault) throw new Error(`there is no fault ${name}`);
  return fault;
};
