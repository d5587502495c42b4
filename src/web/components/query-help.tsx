import type { Paper } from '../../papers/paper.js';
import type { Facets } from '../../search/lexical/queries/facets.js';
import { searchPath } from '../links.js';

export interface QueryHelpProps {
  /** A paper that is here, so that the examples of its name and id find something. */
  paper?: Paper | undefined;
  facets?: Facets | null | undefined;
  isOpen?: boolean | undefined;
}

/** The query language by examples that can be followed. README.md has all of it. */
export function QueryHelp({ paper, facets, isOpen = false }: QueryHelpProps) {
  return (
    <details class="ask" open={isOpen}>
      <summary>How to ask</summary>
      <table>
        <caption>
          Say it in your own words, or paste a title, an arXiv id, a DOI or an address. What follows can stand
          anywhere among the words.
        </caption>
        <tbody>
          {examplesOf(paper, facets).map(({ query, meaning }) => (
            <tr key={query}>
              <th scope="row">
                <a href={searchPath({ q: query })}>{query}</a>
              </th>
              <td>{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** Without a paper there is none to be like: an id that is not here is an error. */
function examplesOf(paper: Paper | undefined, facets: Facets | null | undefined) {
  const author = paper?.authors[0]?.replaceAll('"', '') ?? 'geoffrey hinton';
  const category = facets?.categories[0]?.value ?? 'cs.LG';
  const source = facets?.sources[0]?.value ?? 'arxiv';
  const like = paper && (/\s/.test(paper.id) ? `"${paper.id}"` : paper.id);
  return [
    { query: '"neural network"', meaning: 'these words, one after the other' },
    { query: 'networks -recurrent', meaning: 'without this word; also -"a phrase"' },
    { query: 'convolution OR attention', meaning: 'at least one of them' },
    { query: 'title:learning', meaning: 'in the title' },
    { query: `author:"${author}"`, meaning: 'by somebody of this name' },
    { query: `category:${category}`, meaning: 'of this category; an archive such as cs means all of it' },
    { query: `source:${source}`, meaning: 'as this source has it' },
    { query: 'networks since:10y', meaning: 'published in the last 10 years; also d, w and m' },
    { query: 'networks from:2017 to:2020-06', meaning: 'published between these, both included' },
    ...(like ? [{ query: `like:${like}`, meaning: 'like this paper; -like: unlike it' }] : []),
  ];
}
