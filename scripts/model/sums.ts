/**
 * Brings `files` of a model folder's quire-model.json up to date with what lies there, after checking
 * nothing else: for whoever adds a model. `node dist/scripts/model/sums.js models/Xenova/all-MiniLM-L6-v2`
 */
import { modelFileOf, modelIdOf, readManifest } from '../../src/embedding/manifest.js';
import { describeFiles, readDraft, writeManifest } from './model-files.js';

const [modelDir, ...rest] = process.argv.slice(2);
if (modelDir === undefined || rest.length > 0 || modelDir.startsWith('-')) {
  process.stderr.write('Usage: node dist/scripts/model/sums.js MODEL_FOLDER\n');
  process.exit(2);
}
const draft = await readDraft(modelDir);
const paths = ['config.json', 'tokenizer.json', 'tokenizer_config.json', modelFileOf[draft.quantization]];
await writeManifest(modelDir, { ...draft, files: await describeFiles(modelDir, paths) });
process.stdout.write(`${modelIdOf(await readManifest(modelDir))}\n`);
