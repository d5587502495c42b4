/** One instruction of a Dockerfile. */
export interface Instruction {
  /** Upper case. */
  readonly keyword: string;
  /** `--from=build` is `from` → `build`. */
  readonly flags: Readonly<Record<string, string>>;
  /** What follows the flags, continuation lines joined by a space. */
  readonly text: string;
  /** From 1: its first line. */
  readonly line: number;
}

export interface Stage {
  readonly name: string | null;
  /** An image, or the name of an earlier stage. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

const keywords = new Set(
  'FROM RUN COPY ENV WORKDIR USER VOLUME EXPOSE LABEL HEALTHCHECK CMD ENTRYPOINT STOPSIGNAL'.split(' '),
);

/**
 * Reads the part of the Dockerfile language that this project uses and throws at everything else (variables,
 * here-documents, ADD, ARG, ONBUILD …), so that nothing is passed over in silence.
 * https://docs.docker.com/reference/dockerfile/
 */
export function parseDockerfile(text: string): Stage[] {
  const stages: { name: string | null; base: string; instructions: Instruction[] }[] = [];
  for (const instruction of readInstructions(text)) {
    if (instruction.keyword === 'FROM') {
      const from = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(instruction.text);
      if (!from) throw unreadable(instruction, 'expected FROM image [AS name]');
      stages.push({ name: from[2] ?? null, base: from[1]!, instructions: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (!stage) throw unreadable(instruction, 'it stands before the first FROM');
    stage.instructions.push(instruction);
  }
  return stages;
}

function* readInstructions(text: string): Generator<Instruction> {
  let pending = '';
  let start = 0;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    // Comments and empty lines don't end a continued instruction.
    if (line === '' || line.startsWith('#')) continue;
    if (pending === '') start = index + 1;
    const continued = line.endsWith('\\');
    pending += continued ? `${line.slice(0, -1).trimEnd()} ` : line;
    if (continued) continue;
    yield readInstruction(pending, start);
    pending = '';
  }
  if (pending !== '') throw new Error(`Dockerfile line ${start}: the file ends in a continuation`);
}

function readInstruction(text: string, line: number): Instruction {
  const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(text)!;
  const keyword = word.toUpperCase();
  const flags: Record<string, string> = {};
  let args = rest;
  for (let flag = /^--([a-z-]+)=(\S+)\s*/.exec(args); flag; flag = /^--([a-z-]+)=(\S+)\s*/.exec(args)) {
    flags[flag[1]!] = flag[2]!;
    args = args.slice(flag[0].length);
  }
  const instruction = { keyword, flags, text: args, line };
  if (!keywords.has(keyword)) throw unreadable(instruction, 'this instruction is not known here');
  if (args.includes('<<')) throw unreadable(instruction, 'here-documents are not known here');
  return instruction;
}

/** Words separated by spaces; double quotes keep spaces, as in ENV and LABEL. */
export function wordsOf(instruction: Instruction): string[] {
  if (instruction.text.includes('$')) throw unreadable(instruction, 'variables are not known here');
  return [...instruction.text.matchAll(/(?:[^\s"]+|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
}

/** `KEY=value KEY="other value"`. */
export function pairsOf(instruction: Instruction): Record<string, string> {
  return Object.fromEntries(
    wordsOf(instruction).map((word) => {
      const at = word.indexOf('=');
      if (at < 1) throw unreadable(instruction, `expected key=value, not ${word}`);
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** The words of `["node", "file.js"]`; null for the shell form. */
export function execForm(text: string): string[] | null {
  if (!text.startsWith('[')) return null;
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value) || !value.every((word) => typeof word === 'string')) {
    throw new Error(`expected a list of strings: ${text}`);
  }
  return value;
}

export function unreadable({ keyword, line }: Instruction, why: string): Error {
  return new Error(`Dockerfile line ${line}: ${keyword}: ${why}`);
}

/** The last instruction of that name: the one that counts for CMD, USER and HEALTHCHECK. */
export function lastOf(stage: Stage, keyword: string): Instruction | undefined {
  return stage.instructions.findLast((instruction) => instruction.keyword === keyword);
}
