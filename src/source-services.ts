import type { Core } from './core-services.js';
import { openSources } from './ingest/sources/open-sources.js';
import type { Config } from './platform/config.js';
import { version } from './version.js';

/** Where papers are pulled from: in the service with its scheduler, in a command to be pulled by hand. */
export function sourceParts(config: Config, { db, papers, intakes, clock, log }: Core) {
  const userAgent = `Quire/${version} (+${config.contact})`;
  return openSources({ db, papers, intakes, clock, log, allowsPrivate: config.sourcesPrivate, userAgent });
}
