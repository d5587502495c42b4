import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, isAppError, messageOf } from '../../platform/errors.js';
import { invalidModel } from './files.js';
import type { HubFile } from './hub.js';

export interface TransferTiming {
  /** Milliseconds without a byte after which a connection is given up. */
  stallMs: number;
  /** Milliseconds before the second try; doubled for each further one. */
  retryMs: number;
}

export const defaultTiming: TransferTiming = { stallMs: 30_000, retryMs: 500 };

/** Tries in a row that brought no byte. */
const MAX_VAIN_TRIES = 4;
/** In all: a line that breaks every few megabytes still gets a file of hundreds. */
const MAX_TRIES = 100;

class Stalled extends Error {}

interface FetchOptions {
  headers: Record<string, string>;
  timing: TransferTiming;
  signal: AbortSignal;
}

/** A request that ends itself when no byte comes for a while. Call `end` whatever happens. */
export function startFetch(url: string, { headers, timing, signal }: FetchOptions) {
  const stall = new AbortController();
  const timer = setTimeout(() => {
    stall.abort(new Stalled(`no byte came for ${timing.stallMs / 1_000} s`));
  }, timing.stallMs);
  const response = fetch(url, {
    // Sizes and ranges are those of the file, not of a packed form of it.
    headers: { 'accept-encoding': 'identity', 'user-agent': 'quire', ...headers },
    signal: AbortSignal.any([signal, stall.signal]),
  });
  return {
    response,
    async *chunks(from: Response): AsyncGenerator<Uint8Array> {
      if (from.body === null) return;
      for await (const chunk of from.body) {
        timer.refresh();
        yield chunk;
      }
    },
    end(): void {
      clearTimeout(timer);
      stall.abort();
    },
  };
}

/** The error for people: undici's own says only "fetch failed", its cause says why. */
export function transferProblem(what: string, error: unknown, signal: AbortSignal): AppError {
  if (isAppError(error)) return error;
  if (signal.aborted) {
    if (signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError') {
      return new AppError('model_unavailable', `${what}: it takes too long`);
    }
    return new AppError('cancelled', `${what}: it was cancelled`, { cause: signal.reason });
  }
  const inner =
    error instanceof Error && error.cause !== undefined ? messageOf(error.cause) || error.message : '';
  return new AppError('model_unavailable', `${what}: ${inner || messageOf(error)}`, { cause: error });
}

/** What a refusal means here. The hub answers 401 to strangers for what doesn't exist, too. */
export function statusProblem(what: string, url: string, status: number): AppError {
  const because =
    status === 401 || status === 403
      ? 'it does not exist under that name, or it is private or gated: then accept its terms there, download it by hand, and name the folder'
      : status === 404
        ? 'there is no such model, revision or file'
        : 'try again later';
  return new AppError('model_unavailable', `${what} can't be had: ${url} answered ${status}: ${because}`, {
    details: { status },
  });
}

export interface FileTransfer {
  url: string;
  /** Where it goes; `.part` is added until it is whole and right. */
  file: string;
  expected: HubFile;
  timing: TransferTiming;
  signal: AbortSignal;
  /** Bytes of this file that are there now. */
  onBytes: (bytes: number) => void;
}

/**
 * Downloads a file, going on where an earlier try or process left off, and checks its size and sum.
 * @throws AppError model_unavailable, model_invalid (the bytes are wrong), cancelled
 */
export async function transferFile(transfer: FileTransfer): Promise<void> {
  const { file, expected } = transfer;
  const part = `${file}.part`;
  if (await isRight(file, expected)) return transfer.onBytes(expected.size);
  const resumed = await bytesOf(part);
  await onDisk(file, () => mkdir(dirname(file), { recursive: true }));
  await fetchAll(transfer, part);
  if (!(await isRight(part, expected))) {
    await rm(part, { force: true });
    // What an earlier process left may be of another time: once more from the start.
    if (resumed === 0) throw wrongBytes(transfer);
    await fetchAll(transfer, part);
    if (!(await isRight(part, expected))) {
      await rm(part, { force: true });
      throw wrongBytes(transfer);
    }
  }
  await onDisk(file, () => rename(part, file));
}

function wrongBytes({ url, expected }: FileTransfer): AppError {
  const { kind, hex } = expected.sum;
  const message = `is damaged: what came is not the ${expected.size} bytes with the ${kind} sum ${hex} that the hub lists`;
  return invalidModel(url, message, { path: expected.path });
}

async function fetchAll(transfer: FileTransfer, part: string): Promise<void> {
  const { url, expected, signal, timing } = transfer;
  let vain = 0;
  for (let tries = 1; ; tries++) {
    const before = await bytesOf(part);
    if (before === expected.size) return;
    try {
      await fetchRest(transfer, part, before);
      return;
    } catch (error) {
      const problem = transferProblem(`The file ${url} could not be downloaded`, error, signal);
      const passing = !isAppError(error) || PASSING.has(error.details['status'] as number);
      vain = (await bytesOf(part)) > before ? 0 : vain + 1;
      if (!passing || signal.aborted || vain >= MAX_VAIN_TRIES || tries >= MAX_TRIES) throw problem;
    }
    await sleep(Math.min(timing.retryMs * 2 ** vain, 10_000), undefined, { signal }).catch(
      (error: unknown) => {
        throw transferProblem(`The file ${url} could not be downloaded`, error, signal);
      },
    );
  }
}

/** Answers that another try may not get. */
const PASSING: ReadonlySet<number> = new Set([408, 416, 425, 429, 500, 502, 503, 504]);

async function fetchRest(transfer: FileTransfer, part: string, have: number): Promise<void> {
  const { url, file, expected, timing, signal, onBytes } = transfer;
  const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
  const request = startFetch(url, { headers, timing, signal });
  let handle: FileHandle | undefined;
  try {
    const response = await request.response;
    if (response.status === 416) await rm(part, { force: true });
    if (!response.ok) throw statusProblem(`The file ${expected.path}`, url, response.status);
    const goesOn =
      response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${have}-`);
    handle = await onDisk(file, () => open(part, goesOn ? 'a' : 'w'));
    let bytes = goesOn ? have : 0;
    for await (const chunk of request.chunks(response)) {
      bytes += chunk.length;
      if (bytes > expected.size) throw tooLong(transfer);
      await onDisk(file, () => handle!.writeFile(chunk));
      onBytes(bytes);
    }
    if (bytes < expected.size) throw new Error(`it ended after ${bytes} of ${expected.size} bytes`);
    await onDisk(file, () => handle!.sync());
  } finally {
    request.end();
    await handle?.close();
  }
}

function tooLong({ url, expected }: FileTransfer): AppError {
  return invalidModel(url, `has more than the ${expected.size} bytes that the hub lists`, {
    path: expected.path,
  });
}

/** @throws AppError model_unavailable: the folder can't take the file */
export async function onDisk<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    const message = `The model can't be stored: ${file} can't be written: ${messageOf(cause)}`;
    throw new AppError('model_unavailable', message, { cause, details: { file } });
  }
}

/** 0 where there is none. */
async function bytesOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function isRight(file: string, { size, sum }: HubFile): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile() || found.size !== size) return false;
  const hash = createHash(sum.kind === 'sha256' ? 'sha256' : 'sha1');
  if (sum.kind === 'git-blob') hash.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex') === sum.hex;
}
