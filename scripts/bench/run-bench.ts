import { messageOf } from '../../src/platform/errors.js';
import { recordResult } from './results.js';

export interface Bench<Options extends { help: boolean; json: boolean }, Result extends object> {
  /** The line's name in bench/results.jsonl. */
  name: string;
  help: string;
  /** Reads the command line; throws for a wrong one. */
  parse(): Options;
  measure(options: Options): Promise<Result>;
  asText(result: Result): string;
}

/** The frame of a benchmark's command: help, measure, keep the line, print. Exit code 1 when it fails. */
export async function runBench<Options extends { help: boolean; json: boolean }, Result extends object>(
  bench: Bench<Options, Result>,
): Promise<void> {
  try {
    const options = bench.parse();
    if (options.help) {
      process.stdout.write(bench.help);
      return;
    }
    const result = await bench.measure(options);
    await recordResult(bench.name, result);
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : bench.asText(result));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
