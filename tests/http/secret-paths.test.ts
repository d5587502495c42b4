import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { withService } from '../support/service.js';

describe('a link with a token that was copied badly', () => {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const service = withService({ log });
  const token = `T${randomBytes(32).toString('base64url').slice(1)}`;
  const rest = token.slice(1);

  for (const path of [
    `/manage/${token}/`,
    `//manage/${token}`,
    `/nope/${token}`,
    `/nope/${token}x`,
    `/manage/${token}x/`,
    `/manage/%54${rest}/`,
    `/manage/${token}%`,
    `/feeds/subscriptions/${token}x.atom/`,
    `/API/v1/subscriptions/3D${token}`,
  ])
    for (const accept of ['text/html', '*/*'])
      it(`${path.replace(token, 'T').replace(rest, '')} shows it to nobody as ${accept}`, async () => {
        lines.length = 0;
        const { statusCode, headers, body } = await service.app.inject({ url: path, headers: { accept } });
        assert.ok(statusCode === 404 || statusCode === 400, String(statusCode));
        assert.equal(headers['cache-control'], 'no-store');
        assert.equal(headers['referrer-policy'], 'no-referrer');
        assert.ok(!body.includes(rest), body);
        assert.ok(lines.length > 0 && !lines.join().includes(rest), lines.join());
      });
});
