import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { TestService } from '../support/service.js';

/** A GET, its status, and what its error says. */
export type Refusal = readonly [url: string, status: number, error: RegExp];

/** A test each: the answer is JSON with `error` and nothing else, as the clients of other services read it. */
export function itRefuses(service: TestService, refusals: readonly Refusal[]): void {
  for (const [url, status, error] of refusals)
    it(`answers ${url.slice(0, 70)} with ${status} and an error as their client reads it`, async () => {
      const answer = await service.app.inject({ url });
      assert.equal(answer.statusCode, status, answer.body);
      assert.match(String(answer.headers['content-type']), /^application\/json/);
      const body = answer.json<{ error: string }>();
      assert.deepEqual(Object.keys(body), ['error']);
      assert.match(body.error, error);
    });
}
