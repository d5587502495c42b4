import { AppError } from '../../platform/errors.js';
import type { Death } from './open-texts.js';

/** More unexplained deaths than this within the window and no worker is started until some have aged out of it. */
export const MAX_DEATHS = 10;
export const DEATH_WINDOW_MS = 10 * 60_000;
/** Threads that hang in native code and hold a model's memory each; with more it is time for a restart. */
export const MAX_ABANDONED = 4;

/** Which deaths of workers speak against starting another. */
export function createDeathToll() {
  let recent: Death[] = [];
  /** By texts that were refused for it. */
  const explained = new Set<Death>();

  return {
    record(at: number): Death {
      const death = { at };
      recent.push(death);
      return death;
    },
    /** A text was found to have caused them. */
    explain(deaths: readonly Death[]): void {
      for (const death of deaths) explained.add(death);
    },
    /** The model has embedded a text: those that killed workers were the exception, and their deaths don't count. */
    forgive(): void {
      if (explained.size === 0) return;
      recent = recent.filter((death) => !explained.has(death));
      explained.clear();
    },
    /** Why no worker may be started now, or null. */
    tooMany(now: number, abandoned: number): AppError | null {
      if (abandoned >= MAX_ABANDONED) {
        const message = `${abandoned} embedding workers hang in a run that does not end, so no more are started. Restart the process.`;
        return new AppError('model_unavailable', message, { retryAfter: DEATH_WINDOW_MS / 1000 });
      }
      const since = now - DEATH_WINDOW_MS;
      recent = recent.filter(({ at }) => at > since);
      const [oldest] = recent;
      if (oldest === undefined || recent.length <= MAX_DEATHS) return null;
      const message = `The embedding workers died ${recent.length} times within ${DEATH_WINDOW_MS / 60_000} minutes, so no more are started for now. The log says why.`;
      const retryAfter = Math.max(1, Math.ceil((oldest.at - since) / 1000));
      return new AppError('model_unavailable', message, { retryAfter });
    },
  };
}
