import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSerializerFactory } from '../../src/http/serializers.js';

const object = (name: string) => ({ type: 'object', properties: { [name]: { type: 'string' } } });
const route = (schema: unknown) => ({ method: 'GET', url: '/', httpStatus: '200', schema });

describe('serializers', () => {
  it('are one for all responses of a shape, and leave out what the shape has not', () => {
    const build = createSerializerFactory();
    const first = build({}, {})(route(object('a')));
    assert.equal(build({}, {})(route(object('a'))), first);
    const second = build({}, {})(route(object('b')));
    assert.deepEqual([first({ a: '1', b: '2' }), second({ a: '1', b: '2' })], ['{"a":"1"}', '{"b":"2"}']);
  });

  it('follow a reference into the schemas that they were made with', () => {
    const build = createSerializerFactory();
    const outputs = ['a', 'b'].map((name) => {
      const serialize = build({ Shared: { $id: 'Shared', ...object(name) } }, {})(route({ $ref: 'Shared#' }));
      return serialize({ a: '1', b: '2' });
    });
    assert.deepEqual(outputs, ['{"a":"1"}', '{"b":"2"}']);
  });
});
