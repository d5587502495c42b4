import { AppError } from '../platform/errors.js';
import type { StoreServices } from '../store-services.js';
import { type CommandContext, print, withStores } from './run-command.js';

export async function createKeyCommand(
  name: string,
  options: { json: boolean },
  context: CommandContext,
): Promise<void> {
  const work = async ({ apiKeys }: StoreServices): Promise<void> => {
    const key = await apiKeys.create(name);
    print(options.json, { name, key }, [key]);
    if (!options.json) process.stderr.write('This is shown once: only its hash is kept.\n');
  };
  await withStores(context, work, { makes: true });
}

export async function listKeysCommand(options: { json: boolean }, context: CommandContext): Promise<void> {
  await withStores(context, async ({ apiKeys }) => {
    const keys = await apiKeys.list();
    print(
      options.json,
      keys,
      keys.map(({ name, createdAt }) => `${createdAt.toISOString().slice(0, 10)}  ${name}`),
    );
  });
}

export async function revokeKeyCommand(
  name: string,
  options: { json: boolean },
  context: CommandContext,
): Promise<void> {
  await withStores(context, async ({ apiKeys }) => {
    if (!(await apiKeys.revoke(name)))
      throw new AppError('invalid_input', `There is no key named “${name}”.`);
    print(options.json, { revoked: name }, [`${name} is revoked.`]);
  });
}
