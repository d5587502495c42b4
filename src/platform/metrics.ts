import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds. From a query's embedding (2 ms) to a snapshot of a million vectors. */
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

type Labels = Readonly<Record<string, string>>;

/** A number that is looked up when somebody asks for the metrics. */
export interface Reading {
  name: string;
  help: string;
  type: 'gauge' | 'counter';
  /** One value, or one for each value of a label. */
  read: () => number | readonly (readonly [Labels, number])[];
}

/** The process's metrics in Prometheus' text format. Every name begins with `quire_`. */
export function createMetrics() {
  const registry = new Registry();
  // Processor time, memory, event-loop lag, garbage collection.
  collectDefaultMetrics({ register: registry, prefix: 'quire_' });

  return {
    contentType: registry.contentType,
    text: (): Promise<string> => registry.metrics(),

    /** Times of something that happens often. Labels have few values, or the series grow without end. */
    timer<Name extends string>(name: string, help: string, labelNames: readonly Name[] = []) {
      const histogram = new Histogram({
        name: `quire_${name}_seconds`,
        help,
        labelNames: [...labelNames],
        buckets: SECONDS,
        registers: [registry],
      });
      return (ms: number, labels: Record<Name, string> = {} as Record<Name, string>): void =>
        histogram.observe(labels, ms / 1_000);
    },

    read({ name, help, type, read }: Reading): void {
      const collect = (write: (labels: Labels, value: number) => void): void => {
        const found = read();
        if (typeof found === 'number') write({}, found);
        else for (const [labels, value] of found) write(labels, value);
      };
      const found = read();
      const labelNames = typeof found === 'number' ? [] : Object.keys(found[0]?.[0] ?? {});
      const options = { name: `quire_${name}`, help, labelNames, registers: [registry] };
      if (type === 'gauge') {
        const gauge = new Gauge({
          ...options,
          collect: () => collect((labels, value) => gauge.set(labels, value)),
        });
        return;
      }
      const counter = new Counter({
        ...options,
        // What is read is a running total already.
        collect() {
          counter.reset();
          collect((labels, value) => counter.inc(labels, value));
        },
      });
    },
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
