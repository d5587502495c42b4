import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inventedPaper, jsonLines } from '../support/papers.js';
import { commandEnv, quire, type RunningService, startQuire } from '../support/process.js';
import { makeReadyData } from '../support/ready-data.js';

interface Ready {
  ready: boolean;
  papers: number;
  searchable: number;
  embedding: { embedded: number };
}

async function readyz(service: RunningService): Promise<Ready> {
  await service.says(/^Ready: /m);
  return (await (await fetch(`${service.url}/readyz`)).json()) as Ready;
}

describe('quire serve', () => {
  let folder: string;
  let listing: string;
  const data = (name: string) => join(folder, name);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quire-serve-'));
    listing = join(folder, 'listing.jsonl');
    await writeFile(
      listing,
      jsonLines(
        Array.from({ length: 40 }, (_, n) =>
          inventedPaper(n, { arxivId: `2401.${String(n).padStart(5, '0')}` }),
        ),
      ),
    );
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('starts from nothing, with the sample collection, and again without taking in or embedding anything twice', async () => {
    const env = commandEnv(data('sample'));
    const first = await startQuire([], env);
    try {
      assert.match(first.stdout(), /Try it: +http:\S+\/\?q=/);
      assert.match(first.stdout(), /quire_[\w-]{43}\n/);
      const { papers, searchable, embedding } = await readyz(first);
      assert.ok(papers >= 120, `${papers} papers`);
      assert.equal(searchable, papers);
      assert.equal(embedding.embedded, papers);
    } finally {
      assert.equal(await first.stop(), 0, first.stderr());
    }
    const started = performance.now();
    const second = await startQuire([], env);
    try {
      const { papers, embedding } = await readyz(second);
      const took = performance.now() - started;
      assert.ok(papers >= 120);
      assert.equal(embedding.embedded, 0);
      assert.doesNotMatch(second.stdout(), /sample collection|quire_/);
      assert.ok(took < 10_000, `${took} ms on a machine that does other work`);
    } finally {
      assert.equal(await second.stop(), 0, second.stderr());
    }
  });

  it('takes listings in on the way up, and the command line works beside it', async () => {
    await makeReadyData(data('files'));
    const env = commandEnv(data('files'), { SAMPLE: 'off', EMBED_WORKERS: '1' });
    const service = await startQuire([listing], env);
    try {
      assert.equal((await readyz(service)).papers, 40);
      assert.match(service.stdout(), /listing\.jsonl: 40 entries, 40 distinct papers, 40 new/);

      const again = await quire(['ingest', '--json', listing], env);
      assert.equal(again.code, 0, again.stderr);
      const report = JSON.parse(again.stdout) as {
        total: { added: number };
        embedded: number;
        papers: number;
      };
      assert.deepEqual([report.total.added, report.embedded, report.papers], [0, 0, 40]);

      const input = jsonLines([inventedPaper(100, { arxivId: '2402.00100' })]);
      const more = await quire(['ingest', '-'], env, { input });
      assert.equal(more.code, 0, more.stderr);
      assert.match(more.stdout, /1 new, 1 embedded; 41 papers/);

      const found = await quire(['search', 'attention', 'for', 'kernels', '--json', '--limit', '41'], env);
      const { items } = JSON.parse(found.stdout) as { items: { paper: { id: string }; score: number }[] };
      assert.equal(items.length, 41, found.stderr);
      const answer = await fetch(`${service.url}/api/v1/search?q=attention+for+kernels&limit=41`);
      const served = ((await answer.json()) as { items: typeof items }).items;
      assert.deepEqual(
        served.map(({ paper }) => paper.id),
        items.map(({ paper }) => paper.id),
      );

      const related = await quire(['related', 'arXiv:2402.00100v1', '--json'], env);
      assert.equal((JSON.parse(related.stdout) as { items: unknown[] }).items.length, 10);

      const status = await quire(['status'], env);
      assert.match(status.stdout, /papers +41, 0 of them wait/);
    } finally {
      assert.equal(await service.stop(), 0, service.stderr());
    }
  });

  it('stops at once when asked to in the middle of its work, and goes on from there', async () => {
    await makeReadyData(data('interrupted'));
    const env = commandEnv(data('interrupted'), { SAMPLE: 'off', EMBED_WORKERS: '1' });
    const many = join(folder, 'many.jsonl');
    await writeFile(
      many,
      jsonLines(
        Array.from({ length: 2_000 }, (_, n) =>
          inventedPaper(n, { arxivId: `2403.${String(n).padStart(5, '0')}` }),
        ),
      ),
    );
    const service = await startQuire([many], env);
    await service.says(/Taking in|Embedding|distinct/).catch(() => undefined);
    assert.equal(await service.stop(), 0, service.stderr());
    const second = await startQuire([many], env);
    try {
      assert.equal((await readyz(second)).papers, 2_000);
    } finally {
      assert.equal(await second.stop(), 0, second.stderr());
    }
  });

  describe('says in one line what keeps it from starting', () => {
    const fails = async (env: NodeJS.ProcessEnv, pattern: RegExp, args: string[] = []) => {
      const { code, stderr, stdout } = await quire(['serve', ...args], env);
      assert.equal(code, 1, stdout + stderr);
      const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
      assert.equal(lines.length, 1, stderr);
      assert.match(lines[0]!, pattern);
      return stderr;
    };

    it('a port in use', async () => {
      const other = createServer();
      await new Promise<void>((resolve) => {
        other.listen(0, '127.0.0.1', resolve);
      });
      const address = other.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      await fails(
        commandEnv(data('port'), { PORT: String(port) }),
        new RegExp(`^quire: Port ${port} on 127.0.0.1 is in use`),
      );
      other.close();
    });

    it('a folder that is a file', async () => {
      await fails(commandEnv(listing), /^quire: .*listing\.jsonl/);
    });

    it('a folder that nobody can make', {
      skip: process.platform === 'linux' ? false : 'there is no /proc',
    }, async () => {
      await fails(
        commandEnv('/proc/quire/data'),
        /^quire: the data folder \/proc\/quire\/data can't be written/,
      );
    });

    it('a database that does not answer', async () => {
      const env = commandEnv(data('away'), { DATABASE_URL: 'postgresql://quire:secret@127.0.0.1:1/quire' });
      assert.doesNotMatch(await fails(env, /^quire: .*127\.0\.0\.1:1/), /secret/);
    });

    it('a data folder of a newer version', async () => {
      const dir = data('newer');
      await mkdir(join(dir, 'postgres'), { recursive: true });
      await writeFile(join(dir, 'postgres/PG_VERSION'), '99\n');
      await fails(commandEnv(dir), /^quire: .*99/);
    });

    it('a setting that is wrong, all of them at once', async () => {
      await fails(
        commandEnv(data('wrong'), { PORT: 'http', EMBED_WORKERS: '0' }),
        /^quire: Wrong setting: PORT: .*EMBED_WORKERS: /,
      );
    });

    it('a listing that is not there', async () => {
      await fails(commandEnv(data('missing')), /no such file/, [join(folder, 'nothing.txt')]);
    });
  });

  it('answers a wrong call with usage and exit code 2', async () => {
    for (const args of [['serch'], ['search'], ['search', 'x', '--limit', '0'], ['ingest']]) {
      const { code, stderr } = await quire(args, commandEnv(data('usage')));
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, /error: /);
    }
    for (const args of [['--help'], ['ingest', '--help'], ['key', 'create', '--help']]) {
      const { code, stdout } = await quire(args, commandEnv(data('usage')));
      assert.equal(code, 0);
      assert.match(stdout, /Usage: quire/);
    }
  });
});
