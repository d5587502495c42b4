import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { listContext } from './docker-context.js';
import { type Instruction, pairsOf, type Stage, unreadable, wordsOf } from './dockerfile.js';

/** An image as a folder: what `docker build` would make, as far as folders and commands go. */
export interface Image {
  /** Stands for `/`. */
  readonly root: string;
  /** A path in the image. */
  readonly workdir: string;
  /** As the Dockerfile says it: paths are those of the image. */
  readonly env: Readonly<Record<string, string>>;
}

export interface BuildOptions {
  /** The folder of the Dockerfile. */
  context: string;
  /** An empty folder: each stage becomes a folder in it. */
  into: string;
  log(line: string): void;
}

/** `npm ci` of everything takes 40 s here; ten times that is a network that doesn't work. */
const COMMAND_TIMEOUT_MS = 400_000;

/** The parts of a RUN that change the system and not the project's folder: done in another way, or left out. */
const systemCommands: readonly { form: RegExp; apply?: (root: string, match: RegExpExecArray) => void }[] = [
  { form: /^apt-get update$/ },
  { form: /^apt-get install -y --no-install-recommends g\+\+$/ },
  { form: /^rm -rf \/var\/lib\/apt\/lists\/\*$/ },
  {
    form: /^install -d -o node -g node -m 0700 (\/\S+)$/,
    apply: (root, [, path]) => mkdirSync(join(root, path!), { recursive: true, mode: 0o700 }),
  },
  {
    form: /^ln -s (\/\S+) (\/\S+)$/,
    apply: (root, [, target, link]) => {
      mkdirSync(dirname(join(root, link!)), { recursive: true });
      symlinkSync(join(root, target!), join(root, link!));
    },
  },
];

/**
 * Runs the stages of a Dockerfile with plain folders in the place of images and this machine in the place of
 * the base image. The last stage is the result.
 * @throws Error for a failing command, and for instructions that can't be carried out in a folder
 */
export async function buildImage(stages: readonly Stage[], options: BuildOptions): Promise<Image> {
  const built = new Map<string, Image>();
  let image: Image | undefined;
  for (const [index, stage] of stages.entries()) {
    const root = join(options.into, `${index}-${stage.name ?? 'final'}`);
    options.log(`stage ${stage.name ?? 'final'}, from ${stage.base}`);
    image = await buildStage(stage, { root, built, ...options });
    if (stage.name) built.set(stage.name, image);
  }
  if (!image) throw new Error('the Dockerfile has no stage');
  return image;
}

interface StageOptions extends BuildOptions {
  root: string;
  built: ReadonlyMap<string, Image>;
}

async function buildStage(stage: Stage, options: StageOptions): Promise<Image> {
  const base = options.built.get(stage.base);
  let image: Image = { root: options.root, workdir: base?.workdir ?? '/', env: base?.env ?? {} };
  if (base) await run(['cp', '-a', '--reflink=auto', base.root, image.root], options);
  mkdirSync(image.root, { recursive: true });
  for (const instruction of stage.instructions) {
    if (instruction.keyword === 'WORKDIR') {
      const [path = ''] = wordsOf(instruction);
      image = { ...image, workdir: posix.resolve(image.workdir, path) };
      mkdirSync(join(image.root, image.workdir), { recursive: true });
    } else if (instruction.keyword === 'ENV') {
      image = { ...image, env: { ...image.env, ...pairsOf(instruction) } };
    } else if (instruction.keyword === 'COPY') {
      await copy(instruction, image, options);
    } else if (instruction.keyword === 'RUN') {
      await runInstruction(instruction, image, options);
    }
  }
  return image;
}

/** COPY: a folder's content goes into the destination; more than one source, or a final `/`, makes it a folder. */
async function copy(instruction: Instruction, image: Image, options: StageOptions): Promise<void> {
  const { from, ...others } = instruction.flags;
  if (Object.keys(others).length > 0)
    throw unreadable(instruction, `--${Object.keys(others)[0]} is not known`);
  const words = wordsOf(instruction);
  const destination = words.pop()!;
  const target = join(image.root, posix.resolve(image.workdir, destination));
  const intoFolder = destination.endsWith('/') || words.length > 1;
  for (const source of words) {
    if (/[*?[]/.test(source)) throw unreadable(instruction, 'patterns are not known here');
    if (from) {
      const path = join(options.built.get(from)!.root, source);
      if (!existsSync(path)) throw unreadable(instruction, `${source} is not in the stage ${from}`);
      await copyOne(path, target, intoFolder, options);
    } else {
      copyFromContext(source, { target, intoFolder, instruction, context: options.context });
    }
  }
}

async function copyOne(
  path: string,
  target: string,
  intoFolder: boolean,
  options: BuildOptions,
): Promise<void> {
  if (statSync(path).isDirectory()) {
    mkdirSync(target, { recursive: true });
    await run(['cp', '-a', '--reflink=auto', `${path}/.`, target], options);
  } else {
    const file = intoFolder ? join(target, basename(path)) : target;
    mkdirSync(dirname(file), { recursive: true });
    cpSync(path, file);
  }
}

/** File by file: only what .dockerignore lets through exists for a build. */
function copyFromContext(
  source: string,
  options: { target: string; intoFolder: boolean; instruction: Instruction; context: string },
): void {
  const { target, intoFolder, instruction, context } = options;
  const files = listContext(context).filter((path) => path === source || path.startsWith(`${source}/`));
  if (files.length === 0) throw unreadable(instruction, `${source} is not in the build context`);
  for (const path of files) {
    const isFile = path === source;
    const below = isFile ? (intoFolder ? basename(path) : '') : path.slice(source.length + 1);
    const file = join(target, below);
    mkdirSync(dirname(file), { recursive: true });
    cpSync(join(context, path), file);
  }
}

async function runInstruction(instruction: Instruction, image: Image, options: BuildOptions): Promise<void> {
  for (const part of instruction.text.split(/\s*&&\s*/)) {
    const system = systemCommands.find(({ form }) => form.test(part));
    if (system) {
      system.apply?.(image.root, system.form.exec(part)!);
      continue;
    }
    // It would reach this machine's files.
    if (/(^|[\s='"(])\//.test(part)) throw unreadable(instruction, `“${part}” names an absolute path`);
    if (/^cd\s/.test(part)) throw unreadable(instruction, 'use WORKDIR');
    options.log(`  ${part}`);
    await run(['sh', '-c', part], {
      log: options.log,
      cwd: join(image.root, image.workdir),
      env: { ...buildEnvironment(), ...hostEnvironment(image) },
    });
  }
}

/** The image's variables with its paths turned into this machine's. */
export function hostEnvironment(image: Image): Record<string, string> {
  return Object.fromEntries(
    Object.entries(image.env).map(([name, value]) => [
      name,
      value.startsWith('/') ? join(image.root, value) : value,
    ]),
  );
}

/** What of this machine's environment a build may see: the way to the registry, and where programs are. */
function buildEnvironment(): Record<string, string> {
  const wanted =
    /^(HOME|TMPDIR|LANG|\w+_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|npm_config_(registry|cache|cafile))$/i;
  const kept = Object.entries(process.env).filter(([name]) => wanted.test(name));
  return { ...(Object.fromEntries(kept) as Record<string, string>), PATH: searchPath() };
}

/** `node` is the one that runs this test. */
export function searchPath(): string {
  return `${dirname(process.execPath)}:${process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`;
}

async function run(
  [file, ...args]: [string, ...string[]],
  options: { log(line: string): void; cwd?: string; env?: Record<string, string> },
): Promise<void> {
  const child = spawn(file, args, {
    ...(options.cwd ? { cwd: options.cwd } : {}),
    ...(options.env ? { env: options.env } : {}),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: COMMAND_TIMEOUT_MS,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-8_000);
    });
  }
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject).once('close', (...end) => resolve(end));
  });
  if (code !== 0) throw new Error(`${file} ${args.join(' ')}: ended with ${code ?? signal}:\n${output}`);
}

/** Removes a folder whose files were made read-only. */
export async function removeImage(folder: string): Promise<void> {
  if (existsSync(folder)) await run(['chmod', '-R', 'u+w', folder], { log: () => undefined });
  rmSync(folder, { recursive: true, force: true });
}
