import { createPendingStore } from '../embedding/pending-store.js';
import { type CommandContext, print, withStores } from './run-command.js';
import { askService } from './service-state.js';

export interface ReindexOptions {
  /** Try the texts again that the model couldn't take, and leave the index as it is. */
  failed: boolean;
  json: boolean;
}

/** Has the index built anew from the database's vectors; the present one answers until that is done. */
export async function reindexCommand(options: ReindexOptions, context: CommandContext): Promise<void> {
  const { readiness, url } = await askService(context.config);
  const who = readiness === null ? 'the next service that starts' : `the service at ${url}`;
  await withStores(context, async ({ engineStore, db }) => {
    if (options.failed) {
      const { activeModel } = await engineStore.get();
      const retried = await createPendingStore(db, activeModel).retryFailed();
      print(options.json, { retried }, [`${retried} texts will be tried again by ${who}.`]);
      return;
    }
    const { activeModel, epoch } = await engineStore.reindex();
    const meanwhile = readiness === null ? '' : '; the present one answers meanwhile';
    print(options.json, { model: activeModel, epoch }, [
      `The index of ${activeModel} is to be built anew by ${who}${meanwhile}.`,
    ]);
  });
}
