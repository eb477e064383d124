import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readMessage } from '../src/session/protocol';
import broken from '../../tests/protocol/session-broken.json';
import ready from '../../tests/protocol/session-ready.json';

test('what the kernel says of a session is read whole', () => {
  assert.deepEqual(readMessage(ready), {
    kind: 'session',
    session: ready.session
  });
  assert.deepEqual(readMessage(broken), {
    kind: 'session',
    session: broken.session
  });
});

test('a message of another version names that version', () => {
  assert.deepEqual(readMessage({ ...ready, version: 2 }), {
    kind: 'other-version',
    version: 2
  });
});

test('what is not understood is not guessed at', () => {
  const { session } = ready;
  const strange: unknown[] = [
    null,
    'text',
    [],
    {},
    { version: '1', kind: 'session', session },
    { version: 1, kind: 'news', session },
    { version: 1, kind: 'session', session: null },
    { version: 1, kind: 'session', session: { ...session, state: 'asleep' } },
    { version: 1, kind: 'session', session: { ...session, engines: [{}] } }
  ];
  for (const data of strange) {
    assert.deepEqual(readMessage(data), { kind: 'unknown' });
  }
});

test('a state of tasks that the kernel does not count counts zero', () => {
  const { tasks: _, ...rest } = ready.session;
  const reading = readMessage({ ...ready, session: rest });
  assert.equal(reading.kind, 'session');
  assert.equal(reading.kind === 'session' && reading.session.tasks.done, 0);
});

test('keys that are not known yet do not disturb', () => {
  const session = { ...ready.session, colour: 'red' };
  assert.equal(readMessage({ ...ready, session }).kind, 'session');
});
