import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { matchesEtag, weakEtag } from '../../src/http/etag.js';
import { cpuMs } from '../support/cpu-time.js';

describe('weakEtag', () => {
  it('has 27 characters and is weak', () => assert.match(weakEtag('a'), /^W\/"[\w-]{27}"$/));

  it('is the same for the same answer alone', () => {
    const answers = ['', 'a', 'b', 'ab', 'é', '{"a":1}'];
    assert.equal(new Set(answers.map(weakEtag)).size, answers.length);
    assert.equal(weakEtag('a'), weakEtag('a'));
  });
});

describe('matchesEtag', () => {
  const yes = [
    'W/"x"',
    '"x"',
    '*',
    ' * ',
    '"a", W/"x"',
    '"a","x","b"',
    ', ,"x" ,',
    '"a,b"\t,\t"x"',
    '"é", "x"',
  ];
  for (const header of yes) it(`finds it in ${header}`, () => assert.ok(matchesEtag(header, 'W/"x"')));

  const no = [
    undefined,
    '',
    'x',
    '"X"',
    'w/"x"',
    'W/ "x"',
    '"a", "b"',
    '"a,"x""',
    '"x" "a"',
    '"x',
    '*, "x"',
    '"a x"',
    '"x", a',
    '"x"\n',
  ];
  for (const header of no)
    it(`doesn't in ${JSON.stringify(header)}`, () => assert.ok(!matchesEtag(header, 'W/"x"')));

  it('compares weakly both ways', () => {
    assert.ok(matchesEtag('W/"x"', '"x"'));
    assert.ok(matchesEtag('"x"', '"x"'));
  });

  it('finds a tag in any list that has it', () => {
    const tag = fc.string().map(weakEtag);
    fc.assert(
      fc.property(fc.array(tag), fc.array(tag), tag, (before, after, wanted) => {
        assert.ok(matchesEtag([...before, wanted, ...after].join(', '), wanted));
        assert.equal(matchesEtag(before.join(','), wanted), before.includes(wanted));
      }),
    );
  });

  it('takes time in proportion to the length', () => {
    for (const unit of [' ', '"', ',', '" ', 'W/', '"",']) {
      assert.ok(cpuMs(() => void matchesEtag(unit.repeat(100_000), 'W/"x"')) < 200, unit);
    }
  });
});
