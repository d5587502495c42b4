import { readXmlAnswer } from '../../src/ingest/parsers/xml/answer.js';
import { readPapers } from '../../src/ingest/read.js';
import { isAppError } from '../../src/platform/errors.js';
import type { Fetcher, FetchOutcome } from '../../src/platform/fetcher.js';
import { type Payload, payloads } from '../../tests/support/fault-server.js';

export interface SourceOutcome {
  kind: FetchOutcome['kind'];
  why?: string;
  /** Of what was fetched. */
  papers: number;
  problems: number;
  firstProblem?: string;
}

/** One way of reading a source; a pull of it goes here too. */
export interface FaultSource {
  name: string;
  /** What it can be answered with. */
  payloads: readonly Payload[];
  /** Never throws for what the other side does. */
  pull(url: string, fetcher: Fetcher): Promise<SourceOutcome>;
}

/** As a stream gives it: nothing that reads it may hold up the process for the whole. */
const CHUNK_BYTES = 65_536;

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    yield bytes.subarray(at, at + CHUNK_BYTES);
    await new Promise(setImmediate);
  }
}

const nothing = { papers: 0, problems: 0 };

async function pullPapers(url: string, fetcher: Fetcher): Promise<SourceOutcome> {
  const fetched = await fetcher.get({ url });
  if (fetched.kind !== 'fetched') return { ...nothing, ...fetched };
  let papers = 0;
  const problems: string[] = [];
  try {
    for await (const entry of readPapers(chunksOf(fetched.bytes), { name: 'a source', asOf: '2024-06-01' })) {
      if (entry.kind === 'paper') papers += 1;
      else problems.push(entry.problem.reason);
    }
  } catch (error) {
    // What the readers say of an input that is too large once it is decompressed.
    if (!isAppError(error, 'body_too_large')) throw error;
    problems.push(error.message);
  }
  const [firstProblem] = problems;
  return { kind: 'fetched', papers, problems: problems.length, ...(firstProblem && { firstProblem }) };
}

/** What a fetcher of arXiv's answers needs to go on: pages, tokens, errors. */
async function pullAnswer(url: string, fetcher: Fetcher): Promise<SourceOutcome> {
  const fetched = await fetcher.get({ url });
  if (fetched.kind !== 'fetched') return { ...nothing, ...fetched };
  const answer = await readXmlAnswer(fetched.bytes);
  const firstProblem = answer.fault ?? answer.errors[0]?.reason ?? (answer.root === null ? 'no root' : null);
  return {
    kind: 'fetched',
    papers: answer.entries,
    problems: firstProblem === null ? 0 : 1,
    ...(firstProblem !== null && { firstProblem }),
  };
}

export const faultSources: readonly FaultSource[] = [
  { name: 'papers', payloads, pull: pullPapers },
  { name: 'answer', payloads: payloads.filter(({ kind }) => kind === 'xml'), pull: pullAnswer },
];
