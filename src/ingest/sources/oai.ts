import { readXmlAnswer, type XmlAnswer } from '../parsers/xml/answer.js';
import { type PullRun, PullStopped } from './pull-run.js';
import type { OaiSettings } from './source.js';

interface OaiCursor extends Record<string, unknown> {
  /** Days up to which everything was harvested; the day itself is asked for again. YYYY-MM-DD. */
  until?: string;
  /** A list under way: its next page, and the day that its first one was answered on. */
  token?: string;
  begun?: string;
}

/** Records that changed since the last harvest, page by page: a token that is lost costs the list, not what was read. */
export async function pullOai(run: PullRun, settings: OaiSettings): Promise<void> {
  let cursor: OaiCursor = run.cursor ?? {};
  for (let isAgain = false; ; ) {
    const answer = await run.fetch(addressOf(settings, cursor));
    const xml = await readXmlAnswer(answer.bytes);
    if (xml.fault !== null) throw new PullStopped('later', `the answer can not be read: ${xml.fault}`);
    if (xml.root !== 'oai:OAI-PMH')
      throw new PullStopped('later', 'expected an answer of OAI-PMH, got another');
    const lost = xml.errors.some(({ code }) => code === 'badResumptionToken');
    if (lost && cursor.token !== undefined && !isAgain) {
      isAgain = true;
      run.note('the repository had forgotten its list: it is asked for from its beginning');
      cursor = withoutList(cursor);
      continue;
    }
    const error = xml.errors.find(({ code }) => code !== 'noRecordsMatch');
    if (error) throw new PullStopped('failed', `the repository says: ${error.reason} (${error.code})`);
    const parsed = await run.parse(answer.bytes, { format: 'xml', name: 'the repository' });
    const begun = cursor.begun ?? dayOf(xml) ?? run.clock.now().toISOString().slice(0, 10);
    const { resumptionToken: token } = xml;
    if (token !== null && token === cursor.token)
      throw new PullStopped('failed', 'the repository leads from a page to the same page');
    cursor = token === null ? { until: begun } : { ...withoutList(cursor), token, begun };
    await run.countPapers(xml.entries);
    await run.take(parsed, { cursor });
    if (token === null) return;
  }
}

function withoutList({ until }: OaiCursor): OaiCursor {
  return until === undefined ? {} : { until };
}

function addressOf({ url, set, prefix, since }: OaiSettings, { until, token }: OaiCursor): string {
  const address = new URL(url);
  address.searchParams.set('verb', 'ListRecords');
  // A token stands alone (https://www.openarchives.org/OAI/openarchivesprotocol.html#ListRecords).
  if (token !== undefined) address.searchParams.set('resumptionToken', token);
  else {
    address.searchParams.set('metadataPrefix', prefix);
    const from = until ?? since;
    if (from !== undefined) address.searchParams.set('from', from);
    if (set !== undefined) address.searchParams.set('set', set);
  }
  return address.href;
}

function dayOf({ made }: XmlAnswer): string | null {
  return made !== undefined && /^\d{4}-\d{2}-\d{2}/.test(made) ? made.slice(0, 10) : null;
}
