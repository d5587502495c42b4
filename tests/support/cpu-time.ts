/** Milliseconds of processor time that `work` took in this process: what else the machine does is not in it. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return since(before);
}

/** As `cpuMs`, of work that waits: nothing else may go on in this process. */
export async function cpuMsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  return since(before);
}

function since(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
