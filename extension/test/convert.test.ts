import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ServerConnection } from '@jupyterlab/services';

import { convert } from '../src/cells/convert';
import { isSame, type IFileCell } from '../src/cells/forms';

function server(fetch: typeof globalThis.fetch): ServerConnection.ISettings {
  return ServerConnection.makeSettings({
    baseUrl: 'http://localhost/base/',
    fetch
  });
}

test('a refusal has the reason of the server', async () => {
  const asked: string[] = [];
  const settings = server(request => {
    asked.push(new Request(request).url);
    const body = JSON.stringify({ message: 'Cell 1 cannot be converted.' });
    return Promise.resolve(new Response(body, { status: 400 }));
  });
  assert.deepEqual(await convert({}, 'function', settings), {
    status: 400,
    reason: 'Cell 1 cannot be converted.'
  });
  assert.match(asked[0] ?? '', /^http:\/\/localhost\/base\/eflows\/convert/);
});

test('a server that does not answer is told from one that refuses', async () => {
  const settings = server(() => Promise.reject(new TypeError('no network')));
  assert.deepEqual(await convert({}, 'magic', settings), {
    status: 0,
    reason: ''
  });
});

test('what is noted of a run does not make a notebook another one', () => {
  const notebook = (source: string, metadata: IFileCell['metadata']) => ({
    metadata: { kernelspec: { name: 'python3' } },
    cells: [{ id: 'a', cell_type: 'code', source, metadata, outputs: [] }]
  });
  const was = notebook('x = 1', {});
  assert.ok(isSame(was, notebook('x = 1', { execution: { idle: 'now' } })));
  assert.ok(!isSame(was, notebook('x = 2', {})));
  assert.ok(!isSame(was, notebook('x = 1', { eflows: { version: 1 } })));
  assert.ok(!isSame(was, { ...was, cells: [] }));
  assert.ok(!isSame(was, { ...was, metadata: { eflows: { version: 1 } } }));
});
