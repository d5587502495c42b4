import type { Engine } from '../../engine/engine.js';
import type { PaperStore } from '../../papers/paper-store.js';
import { AppError } from '../../platform/errors.js';
import { combine } from './dense.js';
import type { SearchPlan } from './plan.js';

/** What a paper of `-like:` takes away, against what the words and each paper of `like:` add. */
const NEGATIVE_WEIGHT = -0.5;

/** How long a search waits for its query's vector, 100 times what it takes: a model that is slower has too much to do. */
export const EMBED_PATIENCE_MS = 1_500;

export interface QueryVectorDeps {
  engine: Engine;
  papers: Pick<PaperStore, 'getByRef'>;
  signal?: AbortSignal | undefined;
}

/**
 * One vector for what is looked for: the words' own, and those of papers that it is to be like, added up (Rocchio, 1971).
 * @throws AppError paper_not_found, timeout, overloaded, cancelled, model_unavailable
 */
export async function embedPlan({ text, likes }: SearchPlan, deps: QueryVectorDeps): Promise<Float32Array> {
  const vectors = [
    ...(text === '' ? [] : [embedText(text, deps).then((vector) => ({ vector, weight: 1 }))]),
    ...likes.positive.map((ref) => vectorOf(ref, deps).then((vector) => ({ vector, weight: 1 }))),
    ...likes.negative.map((ref) =>
      vectorOf(ref, deps).then((vector) => ({ vector, weight: NEGATIVE_WEIGHT })),
    ),
  ];
  const combined = combine(await Promise.all(vectors));
  if (combined === null) {
    throw new AppError(
      'invalid_query',
      'q: like: and -like: take each other back; nothing is left to look for.',
      {
        details: { field: 'q' },
      },
    );
  }
  return combined;
}

async function embedText(text: string, { engine, signal }: QueryVectorDeps): Promise<Float32Array> {
  const patience = AbortSignal.timeout(EMBED_PATIENCE_MS);
  const both = signal === undefined ? patience : AbortSignal.any([signal, patience]);
  try {
    return await engine.embedder.embedQuery(text, { signal: both });
  } catch (error) {
    if (!patience.aborted || signal?.aborted) throw error;
    throw new AppError('timeout', `The query could not be embedded within ${EMBED_PATIENCE_MS} ms.`, {
      cause: error,
      retryAfter: 1,
    });
  }
}

async function vectorOf(ref: string, { engine, papers, signal }: QueryVectorDeps): Promise<Float32Array> {
  const paper = await papers.getByRef(ref);
  const stored = await engine.embeddings.findVector(paper.key);
  if (stored) return stored.vector;
  // Not embedded yet: the text is here, so nobody has to wait for the backlog.
  const [vector] = await engine.embedder.embedDocuments([paper], { signal });
  return vector!;
}
