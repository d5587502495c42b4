import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Memory {
  /** Resident memory with shared pages divided among those that share them (PSS): what the machine needs. */
  megabytes: number;
  /** Plain sum of resident memory: the database's shared buffers count once a process. */
  residentMegabytes: number;
  /** PSS of the service's own process, and of all of the database's. */
  service: number;
  database: number;
  processes: number;
}

const MEGABYTE = 2 ** 20;

async function kilobytes(file: string, field: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
}

/** Every process below `root`, itself included (Linux). */
async function tree(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const parent = /\) \S (\d+)/.exec(stat)?.[1];
    if (parent) parents.set(Number(name), Number(parent));
  }
  const found = [root];
  for (const pid of found) {
    for (const [child, parent] of parents) if (parent === pid && !found.includes(child)) found.push(child);
  }
  return found;
}

/** Memory of a service and its embedded database; the database's server is a process of its own. */
export async function memoryOf(servicePid: number, dataDir: string): Promise<Memory> {
  const [postmaster] = (await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n');
  const database = await tree(Number(postmaster));
  const service = (await tree(servicePid)).filter((pid) => !database.includes(pid));
  const sum = async (pids: readonly number[], file: string, field: string): Promise<number> => {
    const all = await Promise.all(pids.map((pid) => kilobytes(`/proc/${pid}/${file}`, field)));
    return (all.reduce((total, kb) => total + kb, 0) * 1024) / MEGABYTE;
  };
  const own = await sum(service, 'smaps_rollup', 'Pss');
  const theirs = await sum(database, 'smaps_rollup', 'Pss');
  return {
    megabytes: Math.round(own + theirs),
    residentMegabytes: Math.round(await sum([...service, ...database], 'status', 'VmRSS')),
    service: Math.round(own),
    database: Math.round(theirs),
    processes: service.length + database.length,
  };
}
