import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ServerConnection } from '@jupyterlab/services';

import { convert } from '../src/cells/convert';

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
    reason: 'Cell 1 cannot be converted.'
  });
  assert.match(asked[0] ?? '', /^http:\/\/localhost\/base\/eflows\/convert/);
});

test('a server that does not answer is a reason, too', async () => {
  const settings = server(() => Promise.reject(new TypeError('no network')));
  assert.deepEqual(await convert({}, 'magic', settings), {
    reason: 'no network'
  });
});
