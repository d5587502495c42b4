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
    /** What is thrown is a finding too. */
    async check(name: string, look: () => Promise<Finding>): Promise<void> {
      const finding = await look().catch(
        (error: unknown): Finding => ({
          verdict: 'failed',
          says: messageOf(error),
        }),
      );
      results.push({ name, ...finding });
      if (!json) print(false, null, [lineOf(results.at(-1)!)]);
    },
    /** Exit code 1 where something is wrong; a warning alone is none. */
    conclude(): void {
      const healthy = results.every(({ verdict }) => verdict !== 'failed');
      print(json, { healthy, checks: results }, [healthy ? 'Nothing is wrong.' : 'Something is wrong.']);
      if (!healthy) process.exitCode = exitCodes.failed;
    },
  };
}

function lineOf({ verdict, name, says }: Result): string {
  return `${MARKS[verdict]}${name.padEnd(8)} ${says}`;
}
