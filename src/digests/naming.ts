import type { Catalog } from '../papers/catalog.js';
import type { Named } from './subscription.js';

/** Each with the title of the first paper that it is like: ids say nothing to who reads them. */
export async function withFirstLikes<S extends Named>(
  named: readonly S[],
  { resolve }: Pick<Catalog, 'resolve'>,
): Promise<(S & { firstLike: string | null })[]> {
  const firsts = named.flatMap(({ kind, likes }) => (kind === 'likes' ? likes.slice(0, 1) : []));
  const papers = firsts.length === 0 ? [] : await resolve(firsts);
  const titles = new Map(firsts.map((id, at) => [id, papers[at]?.title || null]));
  return named.map((one) => ({ ...one, firstLike: titles.get(one.likes[0] ?? '') ?? null }));
}

export const withFirstLike = async <S extends Named>(
  named: S,
  catalog: Pick<Catalog, 'resolve'>,
): Promise<S & { firstLike: string | null }> => (await withFirstLikes([named], catalog))[0]!;
