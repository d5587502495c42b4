/** Loaded into a command (`node --import`): leaves its use of processor and memory in the file of QUIRE_BENCH_USAGE when it ends. */
import { writeFileSync } from 'node:fs';

export interface Usage {
  /** Most resident memory at any time, of all threads, in megabytes. */
  peakMb: number;
  /** Processor time of all threads, seconds. */
  cpuSeconds: number;
}

const file = process.env['QUIRE_BENCH_USAGE'];
if (file !== undefined)
  process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    const usage: Usage = {
      peakMb: Math.round(maxRSS / 1_024),
      cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    };
    writeFileSync(file, JSON.stringify(usage));
  });
