import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { exportFormats } from '../../src/papers/export/formats.js';
import type { Paper, PaperRecord } from '../../src/papers/paper.js';
import { projectRoot } from '../../src/platform/paths.js';
import { storedPaper } from '../support/papers.js';
import { collect } from './read-fixture.js';

const difficult = [
  storedPaper({
    title: 'Signs: 50% of $x_i^2$ & more, #1 {in braces}, a_b ~ c^d <e> | f \\ g',
    abstract: 'It costs $5 “or so” – and more.',
    authors: ['Jörg Müller', 'Ludwig van Beethoven', 'Sammy Davis Jr.', 'The Feather Collaboration', 'Plato'],
    date: '2019-07',
    venue: 'Journal of Feathers & Birds',
    doi: '10.1000/a_b(1)',
    url: 'https://example.org/a_b%20c?d=e&f#g',
  }),
  storedPaper({
    title: 'Old: Čech, Ø and 学习',
    arxivId: 'hep-th/9901001',
    date: '1999',
    categories: ['hep-th'],
  }),
];

async function sample(): Promise<Paper[]> {
  const folder = join(projectRoot, 'samples');
  const [name] = readdirSync(folder).filter((file) => file.endsWith('.jsonl'));
  const { records } = await collect(readFileSync(join(folder, name!)), { size: 65_536 });
  assert.ok(records.length > 100);
  return records.map(({ source: _, ...record }) => storedPaper(record as Partial<Paper>));
}

/** What every format can say of a paper; both sides of it are without line breaks. */
function core({ title, abstract, authors, arxivId, doi, date }: Paper | PaperRecord) {
  const year = date?.slice(0, 4);
  return {
    ...{ title, abstract: abstract.replace(/\s+/g, ' '), authors: authors ?? [], year },
    ...{ arxivId: arxivId ?? undefined, doi: doi ?? undefined },
  };
}

describe('what was exported is read back', () => {
  for (const format of ['bibtex', 'ris', 'csv'] as const) {
    test(format, async () => {
      const papers = [...difficult, ...(await sample())];
      const result = await collect(exportFormats[format].write(papers), { size: 65_536 });
      assert.deepEqual([result.format, result.problems], [format, []]);
      assert.deepEqual(result.records.map(core), papers.map(core));
    });
  }
});
