import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { averagePrecision, ndcg, recall, reciprocalRank } from '../../scripts/eval/metrics.js';
import { hasSets, readSet } from '../../scripts/eval/sets.js';
import { projectRoot } from '../../src/platform/paths.js';
import { rankParameters } from '../../src/search/lexical/queries/rank.js';
import { exampleParameters } from '../../src/search/ranking/examples.js';
import { hybridParameters } from '../../src/search/ranking/hybrid.js';
import { planQuery } from '../../src/search/ranking/plan.js';
import { engineWith, paper } from '../search/lexical/lexical-fixture.js';

interface Expected {
  parameters: { hybrid: unknown; words: unknown; examples: unknown };
  tolerance: number;
  values: Record<string, Record<string, Record<string, number>>>;
  related: Record<'lexical' | 'dense' | 'shipped', Record<string, number>>;
}

const expected = JSON.parse(
  readFileSync(join(projectRoot, 'tests/relevance/expected.json'), 'utf8'),
) as Expected;

const skip = hasSets() ? false : 'the judged sets in ../shared/eval are not on this machine';

describe('the recorded quality', () => {
  it('was measured with these parameters (npm run eval -- --update renews it)', () => {
    assert.deepEqual(expected.parameters, {
      hybrid: { ...hybridParameters },
      words: { ...rankParameters },
      examples: { ...exampleParameters },
    });
  });

  it('has related papers by both sides better than by either one', () => {
    const { lexical, dense, shipped } = expected.related;
    for (const [metric, value] of Object.entries(shipped)) {
      assert.ok(value > Math.max(lexical[metric]!, dense[metric]!), `${metric}: ${value}`);
    }
  });

  it('has hybrid search at least as good as the better of its sides, on every set and by every metric', () => {
    assert.deepEqual(Object.keys(expected.values).sort(), [
      'cacm',
      'csfcube',
      'scifact',
      'scitldr-knownitem',
    ]);
    for (const [set, { hybrid, semantic, keyword }] of Object.entries(expected.values)) {
      for (const [metric, value] of Object.entries(hybrid!)) {
        const better = Math.max(semantic![metric]!, keyword![metric]!);
        assert.ok(value >= better, `${set} ${metric}: ${value}, the better side ${better}`);
      }
    }
  });

  it('is what search by words reaches on CACM', { skip }, () => {
    const set = readSet('cacm', 'test');
    const engine = engineWith(
      set.documents.map(({ title, text, authors = [] }, at) =>
        paper(at + 1, title, { abstract: text, authors }),
      ),
    );
    const sums = new Map<string, number>();
    const add = (metric: string, value: number) => sums.set(metric, (sums.get(metric) ?? 0) + value);
    for (const { id, text } of set.queries) {
      const { terms } = planQuery({ terms: [] }, new Date(0), text);
      const { hits } = engine.search({ terms, conditions: [], k: 1_000 });
      const ranked = hits.map(({ key }) => set.documents[key - 1]!.id);
      const judged = set.judgements.get(id)!;
      add('nDCG@10', ndcg(ranked, judged, 10));
      add('MAP', averagePrecision(ranked, judged));
      add('recall@20', recall(ranked, judged, { k: 20 }));
      add('recall@100', recall(ranked, judged, { k: 100 }));
      add('MRR@10', reciprocalRank(ranked, judged, { k: 10 }));
    }
    for (const [metric, sum] of sums) {
      const is = sum / set.queries.length;
      const was = expected.values['cacm']!['keyword']![metric]!;
      assert.ok(Math.abs(is - was) <= expected.tolerance, `${metric}: ${is.toFixed(4)}, expected ${was}`);
    }
  });
});

describe('the metrics of retrieval', () => {
  const judged = new Map([
    ['a', 3],
    ['b', 1],
    ['c', 0],
  ]);

  it('are those of a ranking worked out by hand', () => {
    assert.equal(ndcg(['a', 'b'], judged, 10), 1);
    assert.equal(ndcg(['c', 'a'], judged, 10), 3 / Math.log2(3) / (3 + 1 / Math.log2(3)));
    assert.equal(averagePrecision(['x', 'a', 'b'], judged), (1 / 2 + 2 / 3) / 2);
    assert.equal(averagePrecision(['b', 'a'], judged, 2), 1 / 2);
    assert.equal(recall(['x', 'a'], judged, { k: 2 }), 1 / 2);
    assert.equal(recall(['x', 'a'], judged, { k: 1 }), 0);
    assert.equal(reciprocalRank(['x', 'b'], judged, { k: 10 }), 1 / 2);
    assert.equal(reciprocalRank(['x', 'b'], judged, { k: 1 }), 0);
  });
});
