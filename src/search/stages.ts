export const stageNames = ['parse', 'embed', 'dense', 'lexical', 'fuse', 'hydrate'] as const;
export type StageName = (typeof stageNames)[number];

/** Milliseconds that a search spent at each stage, waiting for its turn included. */
export type StageTimes = Partial<Record<StageName, number>>;

/** Adds up what stages take; one may come several times. */
export function createStages() {
  const times: StageTimes = {};
  return {
    times,
    async measure<T>(stage: StageName, work: () => Promise<T> | T): Promise<T> {
      const started = performance.now();
      try {
        return await work();
      } finally {
        times[stage] = (times[stage] ?? 0) + performance.now() - started;
      }
    },
  };
}

export type Stages = ReturnType<typeof createStages>;
