import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import Type from 'typebox';
import { Compile } from 'typebox/schema';
import { messageOf } from '../../platform/errors.js';
import type { EmbeddingModel } from '../embedder.js';
import { deriveManifest } from './derive.js';
import {
  commonFiles,
  invalidModel as invalid,
  MANIFEST_FILE,
  manifestFields,
  modelFileOf,
  sha256OfFile,
} from './files.js';

const ManifestFile = Type.Object(
  {
    path: Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$' }),
    size: Type.Integer({ minimum: 1 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { additionalProperties: false },
);

/** What a model folder says of itself. */
const Manifest = Type.Object(
  {
    format: Type.Literal(1),
    name: Type.String({ pattern: '^[A-Za-z0-9._-]{1,96}(/[A-Za-z0-9._-]{1,96})?$' }),
    /** A label for people; the sums decide. */
    revision: Type.String({ minLength: 1, maxLength: 100 }),
    dimension: Type.Integer({ minimum: 1, maximum: 4096 }),
    pooling: Type.Enum(['mean', 'cls']),
    normalize: Type.Literal(true),
    maxTokens: Type.Integer({ minimum: 8, maximum: 8192 }),
    prefixes: Type.Object(
      { query: Type.String({ maxLength: 500 }), document: Type.String({ maxLength: 500 }) },
      { additionalProperties: false },
    ),
    documentTemplate: Type.String({
      pattern: '^[^{}]{0,100}\\{title\\}[^{}]{0,100}\\{abstract\\}[^{}]{0,100}$',
    }),
    quantization: Type.Enum(['int8', 'none']),
    license: Type.String({ minLength: 1, maxLength: 100 }),
    source: Type.String({ minLength: 1, maxLength: 500 }),
    files: Type.Array(ManifestFile, { minItems: 1, maxItems: 100 }),
  },
  { additionalProperties: false },
);

const expectedOf: Readonly<Record<string, string>> = manifestFields satisfies Record<
  keyof Type.Static<typeof Manifest>,
  string
>;

const compiledManifest = Compile(Manifest);

export type ModelManifest = Type.Static<typeof Manifest>;
export type ModelFile = Type.Static<typeof ManifestFile>;

/** @throws AppError model_invalid, naming `file` and the field */
export function checkManifest(file: string, value: unknown): ModelManifest {
  if (compiledManifest.Check(value)) return value;
  const [, [first]] = compiledManifest.Errors(value);
  const path = first?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  const missing = first?.keyword === 'required' ? ` (${first.message})` : '';
  const expected =
    expectedOf[path.split('.')[0] ?? ''] ?? `the fields ${Object.keys(expectedOf).join(', ')} and no other`;
  const what = path === '' ? `is not a model's manifest${missing}` : `has a wrong field ${path}${missing}`;
  throw invalid(file, `${what}: expected ${expected}`, { field: path });
}

/**
 * Reads and checks `quire-model.json` of a model folder, and that the files it names are there in the size
 * it gives. Sums are `verifyModelFiles`' part. A folder without one gets the manifest that its other files
 * allow to derive.
 * @throws AppError model_invalid, naming the file and the field
 */
export async function readManifest(modelDir: string): Promise<ModelManifest> {
  const file = join(modelDir, MANIFEST_FILE);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return checkManifest(`the manifest derived for ${modelDir}`, await deriveManifest(modelDir));
    }
    throw invalid(file, `cannot be read as a model's manifest: ${messageOf(error)}`);
  }
  const manifest = checkManifest(file, value);
  const needed = [...commonFiles, modelFileOf[manifest.quantization]];
  for (const path of needed) {
    if (!manifest.files.some((entry) => entry.path === path)) {
      throw invalid(file, `has no entry in files for ${path}, which every such model needs`, {
        field: 'files',
      });
    }
  }
  await Promise.all(manifest.files.map((entry) => checkSize(modelDir, entry)));
  return manifest;
}

async function checkSize(modelDir: string, { path, size }: ModelFile): Promise<void> {
  const file = join(modelDir, path);
  const found = await stat(file).catch((error: unknown) => {
    throw invalid(file, `cannot be read, though ${MANIFEST_FILE} names it: ${messageOf(error)}`);
  });
  if (found.size !== size) throw invalid(file, `has ${found.size} bytes, but ${MANIFEST_FILE} says ${size}`);
}

/**
 * Compares every file with its sum in the manifest (23 MB: about 50 ms). A damaged network can load and
 * answer plausible nonsense, so nothing is embedded before this has passed.
 * @throws AppError model_invalid, naming the file
 */
export async function verifyModelFiles(modelDir: string, manifest: ModelManifest): Promise<void> {
  for (const entry of manifest.files) {
    await checkSize(modelDir, entry);
    const file = join(modelDir, entry.path);
    const found = await sha256OfFile(file).catch((error: unknown) => {
      throw invalid(file, `cannot be read: ${messageOf(error)}`);
    });
    if (found !== entry.sha256) {
      throw invalid(file, `is damaged or another version: its SHA-256 is ${found}, expected ${entry.sha256}`);
    }
  }
}

/**
 * Name and fingerprint. The fingerprint covers everything that changes vectors and nothing else, so that a
 * corrected licence doesn't embed a collection again and a changed prefix does.
 */
export function modelIdOf(manifest: ModelManifest): string {
  const sums = manifest.files.map(({ path, sha256 }) => [path, sha256] as const);
  const canonical = JSON.stringify([
    manifest.format,
    sums.sort(([a], [b]) => (a < b ? -1 : 1)),
    manifest.dimension,
    manifest.pooling,
    manifest.normalize,
    manifest.maxTokens,
    [manifest.prefixes.query, manifest.prefixes.document],
    manifest.documentTemplate,
    manifest.quantization,
  ]);
  return `${manifest.name}@${createHash('sha256').update(canonical).digest('hex').slice(0, 12)}`;
}

export function embeddingModelOf(manifest: ModelManifest): EmbeddingModel {
  return { id: modelIdOf(manifest), dimension: manifest.dimension, maxTokens: manifest.maxTokens };
}
