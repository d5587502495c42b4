import { plural } from '../ingest/take-file.js';
import { messageOf } from '../platform/errors.js';
import type { Finding } from './doctor-checks.js';
import { exitCodes, print } from './run-command.js';

interface Result extends Finding {
  name: string;
}

const MARKS = { ok: 'ok      ', warning: 'warning ', failed: 'FAILED  ' } as const;

/** What a doctor says, line by line as it is found, or as JSON at the end. */
export function createReport({ json }: { json: boolean }) {
  const results: Result[] = [];
  return {
    /** What is thrown is a finding too. Answers its verdict. */
    async check(name: string, look: () => Promise<Finding>): Promise<Finding['verdict']> {
      const finding = await look().catch(
        (error: unknown): Finding => ({
          verdict: 'failed',
          says: messageOf(error),
        }),
      );
      results.push({ name, ...finding });
      if (!json) print(false, null, [lineOf(results.at(-1)!)]);
      return finding.verdict;
    },
    /** Exit code 1 where something is wrong; a warning alone is none. */
    conclude(): void {
      const healthy = results.every(({ verdict }) => verdict !== 'failed');
      print(json, { healthy, checks: results }, [conclusionOf(results)]);
      if (!healthy) process.exitCode = exitCodes.failed;
    },
  };
}

/** Warnings are counted: who reads the last line alone must not take them for nothing. */
function conclusionOf(results: readonly Result[]): string {
  const count = (verdict: Finding['verdict']) => results.filter((one) => one.verdict === verdict).length;
  const warnings = count('warning');
  const warned = plural(warnings, 'warning', 'warnings');
  if (count('failed') > 0) return `Something is wrong${warnings === 0 ? '' : `, and ${warned}`}.`;
  return warnings === 0 ? 'Nothing is wrong.' : `${warned}, and nothing has failed.`;
}

function lineOf({ verdict, name, says }: Result): string {
  return `${MARKS[verdict]}${name.padEnd(8)} ${says}`;
}
