import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { s2StatusOf } from '../../src/http/compat/semantic-scholar.js';
import { AppError } from '../../src/platform/errors.js';

describe('what the released client makes of a status', () => {
  it('is to try again, to raise, or to be told', () => {
    const statusOf = (code: ConstructorParameters<typeof AppError>[0], own: number) =>
      s2StatusOf(new AppError(code, ''), own);
    assert.equal(statusOf('overloaded', 503), 429);
    assert.equal(statusOf('database_unreachable', 503), 504);
    assert.equal(statusOf('timeout', 503), 504);
    assert.equal(statusOf('body_too_large', 413), 400);
    assert.equal(statusOf('paper_not_found', 404), 404);
    assert.equal(statusOf('internal', 500), 500);
  });
});
