import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError, isAppError } from '../platform/errors.js';

/** Fields of a form by name: a box that isn't ticked is missing, one of several gives several. */
export type FormFields = ReadonlyMap<string, readonly string[]>;

/** The largest form has 50 ids and 300 muted texts. */
const BODY_LIMIT = 65_536;

/** Forms as browsers and mail clients send them; files in them are left out. */
export function addFormBodies(app: FastifyInstance): void {
  app.addContentTypeParser(
    ['application/x-www-form-urlencoded', 'multipart/form-data'],
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    async (request: FastifyRequest, body: Buffer): Promise<FormFields> => {
      const type = request.headers['content-type'] ?? '';
      const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } })
        .formData()
        .catch((error: unknown) => {
          throw new AppError('invalid_input', 'body: expected a form.', { cause: error });
        });
      const fields = new Map<string, string[]>();
      for (const [name, value] of form) {
        if (typeof value === 'string') fields.set(name, [...(fields.get(name) ?? []), value]);
      }
      return fields;
    },
  );
}

/** The parameters of an address, the same way. */
export function paramsIn(query: unknown): FormFields {
  const params = Object.entries(query as Record<string, string | string[]>);
  return new Map(params.map(([name, value]) => [name, typeof value === 'string' ? [value] : value]));
}

export const fieldsOf = (body: unknown): FormFields => (body instanceof Map ? body : new Map());

export const textOf = (fields: FormFields, name: string): string => fields.get(name)?.[0] ?? '';

/** What is wrong with what was typed. */
export interface FormProblem {
  /** Begins with the field's name, where it is about one. */
  message: string;
  field: string | null;
}

/** What is wrong with what was typed; null: nothing. Other errors are thrown. */
export async function problemOf(work: () => Promise<unknown>): Promise<FormProblem | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (isAppError(error) && error.kind === 'invalid') return formProblem(error);
    throw error;
  }
}

export function formProblem({ message, details: { field } }: AppError): FormProblem {
  return { message, field: typeof field === 'string' ? field : null };
}
