/** `npm run gallery:related`: writes docs/related.md, for people to read whether related papers make sense. */

import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../../src/platform/config.js';
import { silentLogger } from '../../src/platform/log.js';
import { projectRoot } from '../../src/platform/paths.js';
import type { Recommendation } from '../../src/recommendations/request.js';
import { createServices, type Services } from '../../src/services.js';

const landmarks = [
  '1706.03762',
  '1810.04805',
  '1406.2661',
  '2006.11239',
  '1512.03385',
  '2010.11929',
  '1412.6980',
  '1502.03167',
  '1806.07572',
  '1603.09320',
  '2004.04906',
  '1908.10084',
  '1609.02907',
  '1312.5602',
  '2203.02155',
  '2201.11903',
  '2106.09685',
  '1806.09055',
  '2006.11477',
  '1812.11118',
] as const;

const SHOWN = 5;
const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

async function untilReady({ start, hintPapers, readiness }: Services): Promise<void> {
  start();
  hintPapers();
  const started = performance.now();
  while (!(await readiness.check()).ready) {
    if (performance.now() - started > READY_TIMEOUT_MS) throw new Error('the service is not ready');
    await sleep(POLL_MS);
  }
}

function rowOf({ paper, score, reason }: Recommendation): string {
  const terms = reason!.terms.map(({ term }) => term).join(', ');
  const sentence = reason!.sentences?.result ?? '';
  return `| ${score.toFixed(2)} | ${paper.title} | ${terms} | ${sentence.replaceAll('|', '\\|')} |`;
}

async function gallery(services: Services): Promise<string> {
  const parts = [
    '# Related papers of twenty landmarks',
    'From the sample collection (169 papers with summaries of our own), with the default model. Written by `npm run gallery:related`.',
  ];
  for (const ref of landmarks) {
    const { items, interests } = await services.recommend.recommend({ positives: [{ ref }], limit: SHOWN });
    const [{ members } = { members: [] }] = interests;
    parts.push(
      `## ${members[0]?.title}`,
      [
        '| Score | Paper | Both have | Its nearest sentence |',
        '| --- | --- | --- | --- |',
        ...items.map(rowOf),
      ].join('\n'),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

const dir = await mkdtemp(join(tmpdir(), 'quire-gallery-'));
try {
  const services = await createServices(readConfig({ DATA_DIR: dir, SAMPLE: 'off' }), silentLogger);
  try {
    const name = 'landmark-papers.jsonl';
    await services.ingest.take({
      name,
      bytes: createReadStream(join(projectRoot, 'samples', name)),
      source: 'sample',
    });
    await untilReady(services);
    await writeFile(join(projectRoot, 'docs/related.md'), await gallery(services));
  } finally {
    await services.close();
  }
} finally {
  await rm(dir, { recursive: true, force: true });
}
