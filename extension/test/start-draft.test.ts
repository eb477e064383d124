import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NOTHING_TYPED, readStart } from '../src/session/start-draft';

const LOCAL = { name: 'local', hosts: false, cores: 8, memory: 1, gpus: 0 };
const HOSTS = { name: 'hosts', hosts: true, cores: 0, memory: 0, gpus: 0 };

function read(typed: Partial<typeof NOTHING_TYPED>, launcher = LOCAL) {
  return readStart({ ...NOTHING_TYPED, ...typed }, launcher, 0);
}

test('without a word there is one engine a core, or as many as the user has set', () => {
  assert.deepEqual(read({}).options, { number: 8 });
  assert.equal(read({}).cores, '1');
  assert.deepEqual(readStart(NOTHING_TYPED, LOCAL, 3).options, { number: 3 });
  assert.equal(readStart(NOTHING_TYPED, LOCAL, 3).cores, '2');
  assert.deepEqual(readStart(NOTHING_TYPED, undefined, 0).options, {
    number: 2
  });
});

test('cores of each engine say how many engines fit', () => {
  assert.deepEqual(read({ cores: '2' }).options, { number: 4 });
  assert.equal(read({ cores: '2' }).engines, '4');
  const uneven = read({ cores: '3', engines: '7' });
  assert.deepEqual(uneven.options, { number: 2 });
  assert.equal(uneven.cores, '3'); // what is typed stays
});

test('what makes no sense is named, and nothing is started', () => {
  for (const cores of ['0', '9', '1.5', '-1']) {
    assert.equal(read({ cores }).mistake, 'cores');
    assert.equal(read({ cores }).options, null);
  }
  for (const engines of ['0', '4097', '1.5']) {
    assert.equal(read({ engines }).mistake, 'engines');
    assert.equal(read({ engines }).options, null);
  }
});

test('hosts are needed where they have to be named, and nowhere else', () => {
  assert.equal(read({}, HOSTS).options, null);
  assert.deepEqual(
    read({ hosts: ' n1, n2', address: ' 10.0.0.1 ', cores: '4' }, HOSTS)
      .options,
    { hosts: ['n1', 'n2'], address: '10.0.0.1' }
  );
  assert.deepEqual(read({ hosts: 'n1', address: 'x', engines: '2' }).options, {
    number: 2
  });
});

test('results are kept in a folder that is named', () => {
  assert.deepEqual(read({ checkpoint: ' my results ' }).options, {
    number: 8,
    checkpoint: 'my results'
  });
});
