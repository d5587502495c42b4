import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readSource } from '../../../src/ingest/sources/source.js';
import { lockName } from '../../../src/ingest/sources/source-store.js';
import { createSources } from '../../../src/ingest/sources/sources.js';
import { tryAdvisoryLock } from '../../../src/platform/db/advisory-lock.js';
import { withDatabase } from '../../support/postgres.js';
import { withPulling } from './pulling.js';

describe('the sources of a collection', () => {
  const database = withDatabase();
  const pulling = withPulling(database);
  const folder = mkdtempSync(join(tmpdir(), 'quire-sources-'));
  after(() => rmSync(folder, { recursive: true }));
  const sources = (allowsPrivate = true) =>
    createSources({ store: pulling.store(), clock: pulling.clock, allowsPrivate });

  function fileOf(value: unknown): string {
    const file = join(folder, 'sources.json');
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    return file;
  }

  it('follow a file: what it names is made or changed, what it no longer names is turned off', async () => {
    const hf = { kind: 'huggingface', name: 'hf' };
    const arxiv = { kind: 'arxiv', name: 'ax', categories: ['cs.CL'] };
    assert.deepEqual(await sources().follow(fileOf({ sources: [hf, arxiv] })), { put: 2, off: [] });
    const { id, settings } = await sources().get('ax');
    await pulling.store().commit({
      runId: await pulling.store().startRun(id, pulling.clock.now()),
      source: { id, settings },
      failed: 0,
      problems: [],
      cursor: { day: '2026-11-18' },
    });
    const changed = { ...arxiv, every: '6h' };
    assert.deepEqual(await sources().follow(fileOf({ sources: [changed] })), { put: 1, off: ['hf'] });
    const [ax, off] = await sources().list();
    assert.deepEqual([ax?.everyMinutes, ax?.origin, off?.state, off?.nextAt], [360, 'file', 'off', null]);
    // Another interval is no other place: it is read on from where it was.
    assert.deepEqual((await sources().get('ax')).cursor, { day: '2026-11-18' });
    await sources().follow(fileOf({ sources: [hf, { ...changed, categories: ['cs.CL', 'cs.LG'] }] }));
    // Nor are other categories: what changed there is caught up with.
    assert.deepEqual((await sources().get('ax')).cursor, { day: '2026-11-18' });
    assert.equal((await sources().view('hf')).state, 'new');
    // A pause holds over a restart; what left the file can be removed.
    await sources().turn('hf', false);
    await sources().follow(fileOf({ sources: [hf] }));
    assert.equal((await sources().view('hf')).state, 'off');
    await sources().remove('ax');
    const asked = readSource({ ...hf, every: '1d' }, 's');
    await assert.rejects(sources().put(asked, 'command'), {
      code: 'invalid_input',
      message: /change it there/,
    });
    await assert.rejects(sources().remove('hf'), {
      code: 'invalid_input',
      message: /SOURCES_FILE: take it out there/,
    });
    await sources().follow(fileOf({ sources: [changed] }));
    await sources().remove('hf');
    await assert.rejects(sources().get('hf'), { code: 'source_not_found' });
  });

  it('say what is wrong with a file, and are left as they were', async () => {
    const before = await sources().list();
    const cases: [unknown, RegExp][] = [
      ['{', /is not JSON/],
      [[], /expected \{"sources"/],
      [
        { sources: [{ kind: 'huggingface' }, { kind: 'arxiv', categories: [] }] },
        /sources\[1\]\.categories: expected 1 to 40/,
      ],
      [{ sources: [{ kind: 'huggingface' }, { kind: 'huggingface' }] }, /two sources are named huggingface/],
    ];
    for (const [value, message] of cases)
      await assert.rejects(sources().follow(fileOf(value)), { code: 'invalid_config', message });
    await assert.rejects(sources().follow(join(folder, 'none.json')), {
      code: 'invalid_config',
      message: /none\.json: can not be read/,
    });
    assert.deepEqual(await sources().list(), before);
  });

  it('are on no private network unless that is allowed', async () => {
    const feed = (name: string, url: string) => ({ kind: 'feed', name, url });
    const file = fileOf({ sources: [feed('outside', 'https://a.example'), feed('in', 'http://127.0.0.1/')] });
    await assert.rejects(sources(false).follow(file), {
      code: 'invalid_config',
      message: /in: 127\.0\.0\.1/,
    });
    await assert.rejects(sources().get('outside'), { code: 'source_not_found' });
    for (const url of [
      'http://127.0.0.1/feed',
      'http://[::1]/feed',
      'http://169.254.169.254/',
      'http://localhost/feed',
    ]) {
      const asked = readSource({ kind: 'feed', name: 'inside', url }, 's');
      await assert.rejects(sources(false).put(asked, 'command'), {
        code: 'invalid_input',
        message: /private network|this machine/,
      });
    }
    assert.equal(await pulling.store().find('inside'), null);
  });

  it('tell how they are, and what to do', async () => {
    const name = 'told';
    await sources().put(
      readSource({ kind: 'feed', name, url: 'https://a.example/f?key=s3cret', every: '1h' }, 's'),
      'command',
    );
    const { id, settings } = await sources().get(name);
    const view = () => sources().view(name);
    assert.deepEqual([(await view()).state, (await view()).what], ['new', 'a.example/f']);
    const start = () => pulling.store().startRun(id, pulling.clock.now());
    const end = async (run: number, outcome: 'done' | 'later' | 'failed', problem: string | null) =>
      pulling.store().finishRun(
        { id: run, source: { id, settings } },
        {
          outcome,
          problem,
          note: null,
          requests: 1,
          waiting: 0,
          failures: 0,
          finishedAt: pulling.clock.now(),
          nextAt: new Date(pulling.clock.now().getTime() + 3_600_000),
        },
      );
    const run = await start();
    const lock = await tryAdvisoryLock(database.db.pool, lockName(id));
    assert.equal((await view()).state, 'pulling');
    await lock?.release();
    assert.equal((await view()).state, 'behind', 'whoever pulled it is gone');
    await end(run, 'done', null);
    assert.deepEqual([(await view()).state, (await view()).advice], ['fresh', null]);
    pulling.clock.advance(3 * 3_600_000);
    assert.match((await view()).advice ?? '', /due and nobody pulls it.*last done 2026-11-18T12:00Z/);
    await end(await start(), 'failed', 'the server answered 404');
    assert.deepEqual(
      [(await view()).state, (await view()).advice?.slice(0, 24)],
      ['failing', 'the server answered 404;'],
    );
    await end(await start(), 'later', 'no answer in time');
    assert.match((await view()).advice ?? '', /^no answer in time; it is tried again by itself/);
    const empty = await start();
    await database.db.prisma.sourceRun.update({ where: { id: empty }, data: { failed: 5 } });
    await end(empty, 'done', null);
    assert.match((await view()).advice ?? '', /^nothing there could be taken in; look at its address/);
    await sources().turn(name, false);
    assert.equal((await view()).state, 'off');
    await sources().remove(name);
    for (const ask of ['get', 'remove', 'hasten', 'view'] as const)
      await assert.rejects(sources()[ask](name), { code: 'source_not_found' });
    await assert.rejects(sources().turn(name, true), { code: 'source_not_found' });
  });
});
