import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Signal } from '@lumino/signaling';

import { formatAge, formatCores, formatLoad } from '../src/clusters/amounts';
import { EngineWishes, type IEnginesKernel } from '../src/session/engines';

class Kernel implements IEnginesKernel {
  latest: unknown = null;
  isBusy = false;
  readonly heard = new Signal<this, { readonly data: unknown }>(this);
  readonly asked: { engines?: unknown; request?: string }[] = [];
  readonly code: string[] = [];
  end: (error: string) => void = () => undefined;

  request(request: object): void {
    this.asked.push(request);
  }

  begin: () => void = () => undefined;

  run(code: string, begun: () => void): Promise<string> {
    this.code.push(code);
    this.begin = begun;
    return new Promise(resolve => (this.end = resolve));
  }

  answer(error: string, request = this.asked.at(-1)?.request): void {
    this.heard.emit({ data: { version: 1, kind: 'engines', request, error } });
  }
}

function following(kernel: Kernel | null): EngineWishes {
  const wishes = new EngineWishes();
  wishes.follow(kernel);
  return wishes;
}

test('a kernel with a session is asked, and answers', async () => {
  const kernel = new Kernel();
  kernel.latest = {};
  kernel.isBusy = true;
  const wishes = following(kernel);
  const done = wishes.wish({ do: 'scale', number: 3 });
  assert.deepEqual(kernel.asked[0]?.engines, { do: 'scale', number: 3 });
  assert.equal(wishes.pending?.waits, false);
  kernel.answer('', 'of another page');
  assert.notEqual(wishes.pending, null);
  kernel.answer('no room');
  await done;
  assert.equal(wishes.pending, null);
  assert.equal(wishes.error, 'no room');
});

test('a kernel without a session runs code, after the cell that runs', async () => {
  const kernel = new Kernel();
  kernel.isBusy = true;
  const wishes = following(kernel);
  const done = wishes.wish({ do: 'start', number: 2 });
  assert.deepEqual(kernel.code, ["__import__('eflows_nb').start(2)"]);
  assert.equal(wishes.pending?.waits, true);
  kernel.begin();
  assert.equal(wishes.pending?.waits, false);
  kernel.end('');
  await done;
  assert.equal(wishes.pending, null);
  assert.equal(wishes.error, '');
});

test('code that does not begin waits, though the kernel looks idle', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const kernel = new Kernel();
  const wishes = following(kernel);
  const done = wishes.wish({ do: 'start', number: 2 });
  assert.equal(wishes.pending?.waits, false);
  t.mock.timers.tick(1000);
  assert.equal(wishes.pending?.waits, true);
  kernel.begin();
  assert.equal(wishes.pending?.waits, false);
  kernel.end('');
  await done;
  assert.equal(wishes.pending, null);
});

test('hosts are texts of Python, whatever stands in them', () => {
  const kernel = new Kernel();
  const wishes = following(kernel);
  const hosts = ['n1', '"]); import os #\n\\'];
  void wishes.wish({ do: 'start', hosts });
  assert.deepEqual(kernel.code, [
    `__import__('eflows_nb').start(hosts=["n1","\\"]); import os #\\n\\\\"])`
  ]);
});

test('what ef.start can be told is told by its names', () => {
  const kernel = new Kernel();
  const wishes = following(kernel);
  const hosts = ['n1'];
  const address = '10.0.0.1';
  const checkpoint = 'my results';
  void wishes.wish({ do: 'start', number: 3, hosts, address, checkpoint });
  void wishes.wish({ do: 'start' });
  assert.deepEqual(kernel.code, [
    `__import__('eflows_nb').start(3, hosts=["n1"], address="10.0.0.1", checkpoint="my results")`,
    "__import__('eflows_nb').start()"
  ]);
});

test('a later wish takes the place of the one before', async () => {
  const kernel = new Kernel();
  kernel.latest = {};
  const wishes = following(kernel);
  const first = wishes.wish({ do: 'stop', cancel: false });
  const second = wishes.wish({ do: 'stop', cancel: true });
  kernel.answer('', kernel.asked[0]?.request);
  await first;
  assert.deepEqual(wishes.pending?.wish, { do: 'stop', cancel: true });
  kernel.answer('');
  await second;
  assert.equal(wishes.pending, null);
});

test('a session that is gone leaves nothing pending', () => {
  const kernel = new Kernel();
  kernel.latest = {};
  const wishes = following(kernel);
  const done = wishes.wish({ do: 'stop', cancel: false });
  kernel.latest = null;
  wishes.lookForLoss();
  assert.equal(wishes.pending, null);
  return done; // nobody goes on listening for an answer
});

test('what is pending stays while a notebook without a session is looked at', async () => {
  const kernel = new Kernel();
  kernel.latest = {};
  const wishes = following(kernel);
  const done = wishes.wish({ do: 'stop', cancel: false });
  wishes.lookForLoss(); // the session in front is another one already
  wishes.follow(new Kernel());
  wishes.follow(kernel);
  assert.deepEqual(wishes.pending?.wish, { do: 'stop', cancel: false });
  kernel.answer('no');
  await done;
  assert.equal(wishes.error, 'no');
});

test('a session that went while another notebook was looked at leaves nothing pending', () => {
  const kernel = new Kernel();
  kernel.latest = {};
  const wishes = following(kernel);
  const done = wishes.wish({ do: 'stop', cancel: false });
  wishes.follow(new Kernel());
  kernel.latest = null;
  wishes.follow(kernel);
  assert.equal(wishes.pending, null);
  return done;
});

test('what is pending belongs to its kernel', () => {
  const kernel = new Kernel();
  const wishes = following(kernel);
  void wishes.wish({ do: 'start', number: 2 });
  wishes.follow(new Kernel());
  assert.equal(wishes.pending, null);
  wishes.follow(kernel);
  assert.notEqual(wishes.pending, null);
});

test('without a notebook nothing is wanted of anybody', async () => {
  const wishes = following(null);
  await wishes.wish({ do: 'stop', cancel: true });
  assert.equal(wishes.pending, null);
});

test('amounts are written as people read them', () => {
  assert.equal(formatCores(0.26), '0.3');
  assert.equal(formatCores(12.4), '12');
  assert.equal(formatLoad(null), '–');
  assert.equal(formatLoad(0.984), '98 %');
  assert.equal(formatAge(0), '0 s');
  assert.equal(formatAge(3599), '59 min');
  assert.equal(formatAge(200_000), '2 d');
});
