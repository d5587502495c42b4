import type { KnownModel } from '../engine/engine-store.js';
import { messageOf } from '../platform/errors.js';
import {
  checkAddon,
  checkClock,
  checkDisk,
  checkIndex,
  checkModel,
  checkSearch,
  checkVectors,
  checkWords,
  type Model,
  type Patient,
} from './doctor-checks.js';
import { createReport } from './doctor-report.js';
import { type CommandContext, withStores } from './run-command.js';
import { askService, describeService } from './service-state.js';

/**
 * Looks at everything that search rests on. Exit code 1 where something is wrong; a warning alone is none.
 * Changes nothing, and runs beside the service.
 */
export async function doctorCommand(options: { json: boolean }, context: CommandContext): Promise<void> {
  const { config } = context;
  await withStores(context, async (services) => {
    const patient: Patient = { config, services };
    const { check, conclude } = createReport(options);

    await check('service', async () => {
      const service = await askService(config);
      return { verdict: service.readiness === null ? 'warning' : 'ok', says: describeService(service) };
    });
    const found = await findModel(patient).catch((error: unknown) => messageOf(error));
    if (typeof found === 'string') await check('model', async () => ({ verdict: 'failed', says: found }));
    else await check('model', () => checkModel(found));
    await check('vectors', () => checkVectors(patient));
    await check('index', async () => checkIndex(patient, await activeModel(patient)));
    await check('words', () => checkWords(patient));
    if (typeof found !== 'string') await check('search', () => checkSearch(patient, found));
    else await check('search', async () => ({ verdict: 'warning', says: 'not looked at without the model' }));
    await check('addon', checkAddon);
    await check('disk', () => checkDisk(patient));
    await check('clock', () => checkClock(patient));

    conclude();
  });
}

async function activeModel({ services: { engineStore } }: Patient): Promise<KnownModel> {
  const { activeModel } = await engineStore.get();
  return (await engineStore.findModel(activeModel))!;
}

async function findModel(patient: Patient): Promise<Model> {
  const known = await activeModel(patient);
  return { ...(await patient.services.resolveModel(known.ref)), known };
}
