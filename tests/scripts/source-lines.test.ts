import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { toSources } from '../../scripts/source-lines.js';
import { projectRoot } from '../../src/platform/paths.js';

const thrown = new Error('here');

describe('lines of sources', () => {
  it('stand where a trace has those of what was compiled', () => {
    const line = thrown.stack!.split('\n')[1]!;
    assert.match(toSources(line), /^ +at tests\/scripts\/source-lines\.test\.ts:8:\d+$/);
    const own = /dist\/tests\/\S+\.js:\d+:\d+/.exec(line)![0];
    assert.match(toSources(`test at ${own}`), /^test at tests\/scripts\/source-lines\.test\.ts:8:\d+$/);
  });

  it('are left alone where nothing was compiled', () => {
    const other = `at run (${pathToFileURL(join(projectRoot, 'dist/no/such.js')).href}:1:2), at node:test:3:4`;
    assert.equal(toSources(other), other);
  });
});
