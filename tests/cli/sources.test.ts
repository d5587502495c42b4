import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { withHttpServers } from '../support/http-servers.js';
import { urlOf, withDatabase } from '../support/postgres.js';
import { commandEnv, quire, startQuire } from '../support/process.js';

interface Status {
  sources: { name: string; state: string; lastRun: { added: number; outcome: string } | null }[];
}

const lines = (...titles: string[]): string =>
  titles.map((title) => JSON.stringify({ title, abstract: 'On birds.', date: '2026' })).join('\n');

describe('quire sources', () => {
  const database = withDatabase('tcp');
  const folder = mkdtempSync(join(tmpdir(), 'quire-cli-sources-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const listen = withHttpServers();
  const env = (more: Record<string, string> = {}) =>
    commandEnv(folder, {
      DATABASE_URL: urlOf(database.connection),
      SOURCES_PRIVATE: 'on',
      SAMPLE: 'off',
      ...more,
    });
  const sources = (...args: string[]) => quire(['sources', ...args], env());
  const status = async () => JSON.parse((await sources('--json')).stdout) as Status;

  it('are added, pulled, shown, paused and removed', async () => {
    const url = await listen((_request, response) => response.end(`${lines('Owls', 'Gulls')}\n{"title": 7}`));
    assert.match((await sources()).stdout, /No sources yet: `quire sources add arxiv cs\.CL`/);
    const added = await sources('add', 'feed', `${url}/list?key=s3cret`, '--name', 'birds', '--every', '1h');
    assert.deepEqual([added.code, added.stderr], [0, '']);
    assert.match(added.stdout, /^birds \(127\.0\.0\.1:\d+\/list\) is pulled every 60 minutes/);
    const pulled = await sources('pull', 'birds');
    assert.equal(pulled.code, 0, pulled.stderr);
    assert.match(pulled.stdout, /^birds: 3 announced: 2 new, 0 completed, 0 known already; 1 failure$/m);
    assert.match(pulled.stdout, /^ {2}line 3: "title" must be a text/m);
    const shown = await sources('status', 'birds');
    assert.match(shown.stdout, /^birds {2}fresh {2}127\.0\.0\.1:\d+\/list$/m);
    assert.doesNotMatch(shown.stdout + added.stdout, /s3cret/);
    const paused = await sources('pause', 'birds', '--json');
    assert.match(paused.stdout, /"state": "off"/);
    const removed = await sources('remove', 'birds');
    assert.deepEqual([removed.code, await database.db.prisma.source.count()], [0, 0]);
  });

  it('say what is wrong, with exit codes for programs', async () => {
    const cases: [string[], number, RegExp][] = [
      [['add', 'arxiv', 'CS'], 2, /^quire: categories\[0\]: expected a category such as cs\.CL/],
      [['add', 'feed'], 2, /missing required argument 'url'/],
      [['pull', 'none'], 1, /No source is named “none”/],
    ];
    for (const [args, code, message] of cases) {
      const result = await sources(...args);
      assert.deepEqual([result.code, result.stdout], [code, ''], args.join(' '));
      assert.match(result.stderr, message);
    }
    const failing = await listen((_request, response) => response.writeHead(410).end());
    await sources('add', 'feed', failing, '--name', 'gone');
    const pulled = await sources('pull', 'gone', '--json');
    assert.equal(pulled.code, 1);
    assert.match(pulled.stdout, /"outcome": "failed"/);
  });

  it('are pulled by the service while it runs, one that is killed in the midst of it by the next', async () => {
    let tellAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      tellAsked = resolve;
    });
    let isKilled = false;
    const url = await listen((_request, response) => {
      if (isKilled) return response.end(lines('Terns', 'Larks'));
      response.write('{"title"');
      tellAsked();
    });
    const file = join(folder, 'sources.json');
    writeFileSync(file, JSON.stringify({ sources: [{ kind: 'feed', name: 'birds', url }] }));
    const service = await startQuire([], env({ SOURCES_FILE: file }));
    await asked;
    await service.kill();
    isKilled = true;
    const before = (await status()).sources.find(({ name }) => name === 'birds');
    assert.deepEqual([before?.state, before?.lastRun?.outcome ?? null], ['behind', null]);
    const pulled = await sources('pull', 'birds');
    assert.match(pulled.stdout, /2 new/);
    const { stdout } = await sources('status', 'birds');
    assert.match(stdout, /broken off: the process that pulled it ended/);
  });

  it('stop a start with a file that is wrong', async () => {
    const file = join(folder, 'wrong.json');
    writeFileSync(file, '{"sources": [{"kind": "arxiv", "categories": "cs.CL"}]}');
    const result = await quire(['serve'], env({ SOURCES_FILE: file }));
    assert.equal(result.code, 1);
    assert.match(result.stderr, /SOURCES_FILE .*wrong\.json: sources\[0\]\.categories: expected 1 to 40/);
  });
});
