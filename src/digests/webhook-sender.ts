import type { HttpClient } from '../platform/http-client.js';
import type { WebhookSender } from './deliver.js';

/** Answers that say "not now": too many, and what is the server's own fault (RFC 6585, RFC 9110 15.6). */
const isTemporary = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** Posts digests to webhooks, with outcomes as mails have them. */
export function createWebhookSender(client: Pick<HttpClient, 'request'>): WebhookSender {
  return {
    async post(url, body, { id, mayStillSend }) {
      if (!(await mayStillSend())) return { kind: 'withdrawn' };
      const result = await client.request({
        method: 'POST',
        url,
        // draft-ietf-httpapi-idempotency-key-header: a string of structured fields, which is quoted.
        headers: { 'content-type': 'application/json', 'idempotency-key': `"${id}"` },
        body: JSON.stringify(body),
      });
      switch (result.kind) {
        case 'refused':
          return { kind: 'failed', why: 'message', response: result.why };
        case 'failed':
          return result.mayHaveArrived
            ? { kind: 'uncertain', response: result.why }
            : { kind: 'deferred', scope: 'message', response: result.why };
        case 'answered': {
          const response = `${result.status} ${result.body.slice(0, 200)}`;
          if (result.status >= 200 && result.status < 300) return { kind: 'sent', response };
          if (isTemporary(result.status)) return { kind: 'deferred', scope: 'message', response };
          return { kind: 'failed', why: 'message', response };
        }
      }
    },
  };
}
