import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { settingsHelp } from '../../src/platform/config.js';
import { projectRoot } from '../../src/platform/paths.js';
import { listContext, parseDockerIgnore } from './docker-context.js';
import { execForm, lastOf, pairsOf, parseDockerfile, wordsOf } from './dockerfile.js';

const stages = parseDockerfile(readFileSync(join(projectRoot, 'Dockerfile'), 'utf8'));
const final = stages.at(-1)!;
const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  description: string;
  license: string;
};

describe('Dockerfile', () => {
  it('builds on one official image, pinned to a major version', () => {
    const names = stages.map(({ name }) => name);
    const images = stages.map(({ base }) => base).filter((base) => !names.includes(base));
    assert.deepEqual(images, ['node:22-bookworm-slim']);
  });

  it('copies what the context or an earlier stage has', () => {
    const context = listContext(projectRoot);
    for (const [index, stage] of stages.entries()) {
      for (const instruction of stage.instructions.filter(({ keyword }) => keyword === 'COPY')) {
        const { from } = instruction.flags;
        const sources = wordsOf(instruction).slice(0, -1);
        assert.ok(sources.length > 0, `line ${instruction.line}`);
        if (from) {
          assert.ok(
            stages.slice(0, index).some(({ name }) => name === from),
            from,
          );
        } else {
          for (const source of sources) {
            assert.ok(
              context.some((path) => path === source || path.startsWith(`${source}/`)),
              `${source} is not in the build context`,
            );
          }
        }
      }
    }
  });

  it('installs from the lock file before any source is copied, so that the layer is kept', () => {
    const deps = stages.find(({ name }) => name === 'deps')!;
    const copied = deps.instructions.filter(({ keyword }) => keyword === 'COPY').flatMap(wordsOf);
    assert.deepEqual(copied, ['package.json', 'package-lock.json', '.npmrc', './']);
    assert.ok(deps.instructions.some(({ text }) => text === 'npm ci'));
  });

  it('ends in a stage without compilers, that runs as an ordinary user', () => {
    const runs = final.instructions.filter(({ keyword }) => keyword === 'RUN');
    assert.ok(runs.every(({ text }) => !/apt-get|npm/.test(text)));
    assert.equal(lastOf(final, 'USER')?.text, 'node');
    const order = final.instructions.map(({ keyword }) => keyword);
    assert.ok(order.lastIndexOf('USER') > order.lastIndexOf('RUN'));
  });

  it('starts node itself, so that signals reach it', () => {
    assert.deepEqual(execForm(lastOf(final, 'CMD')!.text), ['node', 'dist/src/cli.js', 'serve']);
    assert.equal(lastOf(final, 'ENTRYPOINT'), undefined);
    assert.equal(lastOf(final, 'STOPSIGNAL'), undefined);
  });

  it('sets settings of the service alone, and keeps its data in the volume', () => {
    const env = Object.assign({}, ...final.instructions.filter(isEnv).map(pairsOf)) as Record<string, string>;
    const known = new Set([...settingsHelp.map(({ name }) => name), 'NODE_ENV']);
    assert.deepEqual(
      Object.keys(env).filter((name) => !known.has(name)),
      [],
    );
    assert.equal(env['DATA_DIR'], lastOf(final, 'VOLUME')?.text);
    assert.equal(env['PORT'], lastOf(final, 'EXPOSE')?.text);
    assert.equal(env['HOST'], '0.0.0.0');
  });

  it('asks /livez for the health, in time', () => {
    const check = lastOf(final, 'HEALTHCHECK')!;
    assert.deepEqual(Object.keys(check.flags), ['interval', 'timeout', 'start-period', 'retries']);
    const command = execForm(check.text.replace(/^CMD\s+/, ''));
    assert.equal(command?.[0], 'node');
    assert.match(command[2]!, /\/livez/);
  });

  it('is labelled like the package', () => {
    const labels = pairsOf(lastOf(final, 'LABEL')!);
    assert.equal(labels['org.opencontainers.image.title'], 'Quire');
    assert.equal(labels['org.opencontainers.image.description'], manifest.description);
    assert.equal(labels['org.opencontainers.image.licenses'], manifest.license);
  });
});

const isEnv = ({ keyword }: { keyword: string }) => keyword === 'ENV';

describe('build context', () => {
  const noGit = existsSync(join(projectRoot, '.git')) ? false : 'this is not a git checkout';

  it('holds nothing that git ignores or does not know', { skip: noGit }, () => {
    const args = ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const known = new Set(
      execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8', timeout: 30_000 }).split('\0'),
    );
    const context = listContext(projectRoot);
    assert.ok(context.includes('src/cli.ts') && context.includes('package-lock.json'));
    assert.deepEqual(
      context.filter((path) => !known.has(path)),
      [],
    );
  });

  it('is read by the rules of .dockerignore', () => {
    const rules = parseDockerIgnore('# why\n*\n!src\n!scripts/build.mjs\nsrc/db/generated\n**/*.log\n');
    const ignored = (path: string) => rules.ignores(path);
    assert.deepEqual(
      ['.env', 'src', 'src/a/b.ts', 'scripts', 'scripts/build.mjs', 'scripts/dev.ts'].map(ignored),
      [true, false, false, true, false, true],
    );
    assert.deepEqual(
      ['src/db/generated', 'src/db/generated/x.ts', 'src/db/generated.ts', 'src/x.log', 'x.log'].map(ignored),
      [true, true, false, true, true],
    );
    assert.equal(rules.mayHold('scripts'), true);
    assert.equal(rules.mayHold('node_modules'), false);
  });
});

describe('parseDockerfile', () => {
  it('reads stages, flags, continuations and comments', () => {
    const [first, second] = parseDockerfile(
      'FROM a:1 AS one\nRUN --mount=type=cache,target=/c x \\\n  # why\n  && y\nFROM one\nCOPY --from=one /a b ./\nENV A=1 B="two words"\n',
    );
    assert.deepEqual(first, {
      name: 'one',
      base: 'a:1',
      instructions: [{ keyword: 'RUN', flags: { mount: 'type=cache,target=/c' }, text: 'x && y', line: 2 }],
    });
    assert.equal(second?.base, 'one');
    assert.deepEqual(wordsOf(second.instructions[0]!), ['/a', 'b', './']);
    assert.deepEqual(pairsOf(second.instructions[1]!), { A: '1', B: 'two words' });
    assert.deepEqual(execForm('["node", "a b"]'), ['node', 'a b']);
    assert.equal(execForm('node a'), null);
  });

  it('refuses what it does not know, with the line', () => {
    assert.throws(() => parseDockerfile('FROM a\nADD x y'), /line 2: ADD/);
    assert.throws(() => parseDockerfile('RUN x'), /before the first FROM/);
    assert.throws(() => parseDockerfile('FROM a\nRUN <<EOF\nx\nEOF'), /here-documents/);
    assert.throws(() => parseDockerfile('FROM a\nRUN x \\'), /ends in a continuation/);
    const [stage] = parseDockerfile('FROM a\nCOPY $x y');
    assert.throws(() => wordsOf(stage!.instructions[0]!), /variables/);
  });
});
