import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromLoad, LoadPlan, LoadResult } from './search-protocol.js';

const entry = fileURLToPath(new URL('./search-load.js', import.meta.url));

export interface LoadGenerator {
  run(plan: LoadPlan): Promise<LoadResult>;
  stop(): void;
}

export function startLoadGenerator(): LoadGenerator {
  const child = fork(entry);
  const ended = once(child, 'exit').then(([code]): never => {
    throw new Error(`the load generator ended with code ${code}`);
  });
  ended.catch(() => undefined);
  return {
    async run(plan) {
      const answer = once(child, 'message') as Promise<[FromLoad]>;
      child.send(plan);
      const [found] = await Promise.race([answer, ended]);
      if ('error' in found) throw new Error(found.error);
      return found.result;
    },
    stop: () => void child.kill(),
  };
}
