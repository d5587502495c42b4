/**
 * Brings `files` of a model folder's quire-model.json up to date with what lies there, after checking
 * nothing else: for whoever adds a model. `node dist/scripts/model/sums.js models/Xenova/all-MiniLM-L6-v2`
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFile } from '../../src/embedding/model/derive.js';
import { commonFiles, MANIFEST_FILE, modelFileOf } from '../../src/embedding/model/files.js';
import { type ModelManifest, modelIdOf, readManifest } from '../../src/embedding/model/manifest.js';

const [modelDir, ...rest] = process.argv.slice(2);
if (modelDir === undefined || rest.length > 0 || modelDir.startsWith('-')) {
  process.stderr.write('Usage: node dist/scripts/model/sums.js MODEL_FOLDER\n');
  process.exit(2);
}
const file = join(modelDir, MANIFEST_FILE);
// Unchecked, because its sums are wrong: that is the point of calling this.
const draft: ModelManifest = JSON.parse(await readFile(file, 'utf8'));
const paths = [...commonFiles, modelFileOf[draft.quantization]];
const files = await Promise.all(paths.map((path) => describeFile(modelDir, path)));
await writeFile(file, `${JSON.stringify({ ...draft, files }, null, 2)}\n`);
process.stdout.write(`${modelIdOf(await readManifest(modelDir))}\n`);
