import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runPageVectors } from '../../scripts/campaign/page-vector-run.js';
import { makeVectors } from '../../scripts/campaign/page-vector-texts.js';
import { chanceOf, seedOf } from '../../scripts/campaign/random.js';
import { noBrowser } from '../support/browser.js';

/** 5,000 of them, every page and feed: npm run campaign:page-vectors. */
it('shows texts that would run as scripts as the texts they are', { skip: noBrowser }, async () => {
  const { problems, armedPercent, pages, feeds, mails } = await runPageVectors({
    ...{ count: 80, seed: 1, sample: true },
  });
  assert.deepEqual(problems, []);
  assert.ok(armedPercent >= 50, `only ${armedPercent}% do anything where nothing is escaped`);
  assert.ok(pages > 40 && feeds >= 6 && mails >= 2, `${pages} pages, ${feeds} feeds, ${mails} mails`);
});

it('makes the same texts of the same seed', () => {
  const made = (seed: number) => makeVectors(50, (part) => chanceOf(seedOf(seed, part)));
  assert.deepEqual(made(3), made(3));
  assert.notDeepEqual(made(3), made(4));
});
