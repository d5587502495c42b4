import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normalizePaperRef, parseArxivId, parseDoi, publicIdOf } from '../../src/papers/paper-id.js';

describe('parseArxivId', () => {
  const cases: [string, ReturnType<typeof parseArxivId>][] = [
    ['2401.01234', { id: '2401.01234' }],
    [' arXiv:2401.01234v3 ', { id: '2401.01234', version: 3 }],
    ['arXiv: 2401.01234 [cs.LG]', { id: '2401.01234' }],
    ['hep-th/9901001', { id: 'hep-th/9901001' }],
    ['math.GT/0309136v2', { id: 'math/0309136', version: 2 }],
    ['https://arxiv.org/abs/2401.01234v2', { id: '2401.01234', version: 2 }],
    ['http://arxiv.org/pdf/hep-th/9901001v1.pdf', { id: 'hep-th/9901001', version: 1 }],
    ['https://export.arxiv.org/abs/2401.01234?context=cs', { id: '2401.01234' }],
    ['arxiv.org/abs/2401.01234', { id: '2401.01234' }],
    ['https://huggingface.co/papers/2401.01234', { id: '2401.01234' }],
    ['https://www.alphaxiv.org/overview/2401.01234v1', { id: '2401.01234', version: 1 }],
    ['https://doi.org/10.48550/arXiv.2401.01234', { id: '2401.01234' }],
    ['10.48550/arxiv.hep-th/9901001', { id: 'hep-th/9901001' }],
    ['https://www.semanticscholar.org/arxiv/2401.01234v2', { id: '2401.01234', version: 2 }],
    ['https://api.semanticscholar.org/graph/v1/paper/arXiv:hep-th/9901001', { id: 'hep-th/9901001' }],
    ['https://www.semanticscholar.org/paper/A-Title/204e3073870fae3d05bcbc2f6a8e263d9b72e776', null],
    // Zeros that a JSON writer lost, taking the id for a number.
    ['2401.0123', { id: '2401.01230' }],
    ['0704.001', { id: '0704.0010' }],
    ['908.008', { id: '0908.0080' }],
    ['908.00', null],
    ['613.0080', null],
    ['2413.01234', null],
    ['0703.1234', null],
    ['1401.01234', null],
    ['https://example.org/abs/2401.01234', null],
    ['https://notarxiv.org/abs/2401.01234', null],
    ['https://arxiv.org/list/cs.LG/recent', null],
    ['10.1145/3292500.3330701', null],
    ['attention is all you need', null],
    ['', null],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseArxivId(text), expected));
  }

  it('gives a form that reads as itself', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 15, max: 40 }),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(99_999),
        (yy, mm, n) => {
          const id = `${yy}${String(mm).padStart(2, '0')}.${String(n).padStart(5, '0')}`;
          assert.deepEqual(parseArxivId(`https://arxiv.org/pdf/${id}v7`), { id, version: 7 });
        },
      ),
    );
  });
});

describe('parseDoi', () => {
  const cases: [string, string | null][] = [
    ['10.1145/3292500.3330701', '10.1145/3292500.3330701'],
    ['doi: 10.1145/ABC.1', '10.1145/abc.1'],
    ['https://doi.org/10.1016/S0031-8914(53)80099-6', '10.1016/s0031-8914(53)80099-6'],
    ['https://dx.doi.org/10.1000%2F182', '10.1000/182'],
    ['https://dl.acm.org/doi/abs/10.1145/3292500.3330701', '10.1145/3292500.3330701'],
    ['(10.1000/182).', '10.1000/182'],
    ['10.48550/arXiv.2401.01234', null],
    ['https://example.org/10.1000/182', null],
    ['11.1000/182', null],
    ['10.1000/', null],
    ['10.1000/a\0b', null],
    ['10.1000/a\ud800', null],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => assert.equal(parseDoi(text)?.doi ?? null, expected));
  }
});

describe('public ids', () => {
  it('prefer the arXiv id, then the DOI, then the title', () => {
    assert.equal(publicIdOf({ arxivId: '2401.01234', doi: '10.1/x', titleId: 't:abc' }), '2401.01234');
    assert.equal(publicIdOf({ arxivId: null, doi: '10.1/x', titleId: 't:abc' }), 'doi:10.1/x');
    assert.equal(publicIdOf({ arxivId: null, doi: null, titleId: 't:abc' }), 't:abc');
  });

  it('are found by every spelling', () => {
    assert.equal(normalizePaperRef('https://arxiv.org/abs/2401.01234v9'), '2401.01234');
    assert.equal(normalizePaperRef('doi:10.1145/ABC.1'), 'doi:10.1145/abc.1');
    assert.equal(normalizePaperRef('t:0123456789ab'), 't:0123456789ab');
    assert.equal(normalizePaperRef('neural tangent kernel'), null);
  });
});
