import Type from 'typebox';
import { Compile } from 'typebox/schema';
import { AppError, messageOf } from '../../platform/errors.js';
import { startFetch, statusProblem, type TransferTiming, transferProblem } from './transfer.js';

/** Where ids are looked up unless a setting names another: any server with the same addresses will do. */
export const DEFAULT_HUB = 'https://huggingface.co';

/** The list of a large repository's files has some hundred kilobytes. */
const MAX_LISTING_BYTES = 8 * 2 ** 20;

export interface ModelId {
  /** `owner/name`. */
  id: string;
  /** A branch, tag or commit; null: the hub's main branch. */
  revision: string | null;
}

/** A file as the hub lists it; its sum is the SHA-256 of the bytes, or git's own of a small file. */
export interface HubFile {
  path: string;
  size: number;
  sum: { kind: 'sha256' | 'git-blob'; hex: string };
}

export interface HubModel {
  /** The commit that the revision stands for now. */
  commit: string;
  license: string;
  files: HubFile[];
}

/** Null where the text is no `owner/name` or `owner/name@revision` of plain characters. */
export function parseModelId(ref: string): ModelId | null {
  const part = '[A-Za-z0-9](?:[A-Za-z0-9_-]|\\.(?!\\.)){0,95}';
  const match = new RegExp(`^(${part}/${part})(?:@(${part}))?$`).exec(ref);
  return match ? { id: match[1]!, revision: match[2] ?? null } : null;
}

const Listing = Compile(
  Type.Object({
    sha: Type.String({ pattern: '^[0-9a-f]{40}$' }),
    cardData: Type.Optional(Type.Unknown()),
    siblings: Type.Array(
      Type.Object({
        rfilename: Type.String(),
        size: Type.Optional(Type.Integer({ minimum: 0 })),
        blobId: Type.Optional(Type.String()),
        lfs: Type.Optional(
          Type.Union([Type.Null(), Type.Object({ sha256: Type.String(), size: Type.Integer() })]),
        ),
      }),
    ),
  }),
);

export interface HubRequest {
  /** Base address, without a slash at the end. */
  hub: string;
  model: ModelId;
  timing: TransferTiming;
  signal: AbortSignal;
}

/** What the hub has under an id: one request. @throws AppError model_unavailable, model_invalid, cancelled */
export async function listHubModel(request: HubRequest): Promise<HubModel> {
  const { hub, model, signal, timing } = request;
  const what = `The model ${labelOf(model)}`;
  const url = `${hub}/api/models/${model.id}/revision/${model.revision ?? 'main'}?blobs=true`;
  const text = await readText({ url, what, timing, signal });
  let listing: unknown;
  try {
    listing = JSON.parse(text);
  } catch (error) {
    throw new AppError(
      'model_unavailable',
      `${what} could not be looked up: ${url} gave no JSON: ${messageOf(error)}`,
    );
  }
  if (!Listing.Check(listing)) {
    const [, [first]] = Listing.Errors(listing);
    const why = `${first?.instancePath || 'it'} ${first?.message}`;
    throw new AppError(
      'model_unavailable',
      `${what} could not be looked up: ${url} gave no list of files (${why})`,
    );
  }
  const files = listing.siblings.flatMap(({ rfilename: path, size, blobId, lfs }): HubFile[] => {
    if (lfs) return [{ path, size: lfs.size, sum: { kind: 'sha256', hex: lfs.sha256 } }];
    if (size === undefined || blobId === undefined) return [];
    return [{ path, size, sum: { kind: 'git-blob', hex: blobId } }];
  });
  const license = (listing.cardData as { license?: unknown } | null | undefined)?.license;
  const known = typeof license === 'string' && /^[\x20-\x7e]{1,100}$/.test(license);
  return { commit: listing.sha, license: known ? license : 'NOASSERTION', files };
}

export function labelOf({ id, revision }: ModelId): string {
  return revision === null ? id : `${id}@${revision}`;
}

interface TextRequest {
  url: string;
  /** "The model x/y", for messages. */
  what: string;
  timing: TransferTiming;
  signal: AbortSignal;
}

async function readText({ url, what, timing, signal }: TextRequest): Promise<string> {
  const transfer = startFetch(url, { headers: { accept: 'application/json' }, timing, signal });
  try {
    const response = await transfer.response;
    if (!response.ok) throw statusProblem(what, url, response.status);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of transfer.chunks(response)) {
      bytes += chunk.length;
      if (bytes > MAX_LISTING_BYTES) {
        throw new AppError(
          'model_unavailable',
          `${what} could not be looked up: the answer of ${url} has no end`,
        );
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    throw transferProblem(`${what} could not be looked up at ${url}`, error, signal);
  } finally {
    transfer.end();
  }
}
