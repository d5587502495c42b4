import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { findListings } from '../../src/ingest/files.js';
import type { IngestReport } from '../../src/ingest/ingest.js';
import { projectRoot } from '../../src/platform/paths.js';
import { bytesOf, untilReady, withService } from '../support/service.js';

const listings = join(projectRoot, '../shared/listings');
const skip = existsSync(listings) ? false : '../shared/listings is not beside this checkout';

/** The saved pages say Dec 11 and Jun 6 of a year that the taker-in knows. */
const asOf = '2025-12-11';

describe('the three saved listings and the default model', { skip }, () => {
  const service = withService({
    env: { MODELS_DIR: join(projectRoot, 'models'), MODEL: 'Xenova/all-MiniLM-L6-v2' },
  });
  let first: IngestReport[];

  const takeAll = async (): Promise<IngestReport[]> => {
    const reports: IngestReport[] = [];
    for (const { name, open } of await findListings([listings], bytesOf(''))) {
      reports.push(await service.services.ingest.take({ name, bytes: open(), asOf }));
    }
    return reports;
  };
  const titles = async (query: string, limit: number) =>
    (await service.services.search.search({ query, limit })).items.map(({ paper }) => paper.title);

  before(async () => {
    first = await takeAll();
    service.services.hintPapers();
    await untilReady(service.services);
  });

  it('are 251 entries without a problem that is a paper', () => {
    assert.equal(
      first.reduce((sum, { entries }) => sum + entries, 0),
      251,
    );
    assert.deepEqual(
      first.flatMap(({ problemList }) => problemList),
      [],
    );
  });

  it('add nothing and embed nothing the second time, in under two seconds', async () => {
    const { embedded } = service.services.engines.serving.model.backlog.status();
    const started = performance.now();
    const second = await takeAll();
    service.services.hintPapers();
    await untilReady(service.services);
    assert.ok(performance.now() - started < 2_000, `${performance.now() - started} ms`);
    assert.equal(
      second.reduce((sum, { added, updated }) => sum + added + updated, 0),
      0,
    );
    assert.equal(service.services.engines.serving.model.backlog.status().embedded, embedded);
  });

  it('are searched by meaning: infinite width', async () => {
    const found = await titles('infinite width limits of neural networks', 5);
    assert.ok(
      found.filter((title) => /infinite|width|wide|tangent|kernel|mean.?field/i.test(title)).length >= 4,
      found.join('\n'),
    );
  });

  it('are searched by meaning: architecture search', async () => {
    const found = await titles('searching for neural architectures', 5);
    assert.ok(
      found.filter((title) => /architecture|NAS\b|search/i.test(title)).length >= 4,
      found.join('\n'),
    );
  });

  it('have related papers among which no title occurs twice', async () => {
    for (const query of ['flow equivariant recurrent networks', 'neural operators', 'state space models']) {
      const [top] = (await service.services.search.search({ query, limit: 1 })).items;
      const { items } = await service.services.recommend.recommend({
        positives: [{ ref: top!.paper.id }],
        limit: 20,
      });
      const all = [top!.paper.title, ...items.map(({ paper }) => paper.title)].map((title) =>
        title.toLowerCase(),
      );
      assert.equal(new Set(all).size, all.length);
    }
  });
});
