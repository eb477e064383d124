import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Signal } from '@lumino/signaling';

import { SessionModel, type ISessionSource } from '../src/session/model';
import ready from '../../tests/protocol/session-ready.json';

class Kernel implements ISessionSource {
  latest: unknown = null;
  readonly changed = new Signal<this, void>(this);

  say(message: unknown): void {
    this.latest = message;
    this.changed.emit();
  }
}

test('a model without a notebook says so', () => {
  const model = new SessionModel();
  assert.deepEqual(model.status, { kind: 'no-notebook' });
});

test('a notebook without a kernel is told from one without a session', () => {
  const model = new SessionModel();
  model.follow('a.ipynb', null);
  assert.deepEqual(model.status, { kind: 'no-kernel', notebook: 'a.ipynb' });
  model.follow('a.ipynb', new Kernel());
  assert.deepEqual(model.status, { kind: 'no-session', notebook: 'a.ipynb' });
});

test('a kernel that another notebook hears is not said to be missing', () => {
  const model = new SessionModel();
  model.follow('a.ipynb', null, true);
  assert.equal(model.status.kind, 'shared-kernel');
  model.follow('b.ipynb', null);
  assert.equal(model.status.kind, 'no-kernel');
});

test('what the kernel says is shown, and told to whoever listens', () => {
  const model = new SessionModel();
  const kernel = new Kernel();
  model.follow('a.ipynb', kernel);
  let changes = 0;
  model.changed.connect(() => changes++);
  kernel.say(ready);
  assert.equal(model.status.kind, 'session');
  assert.equal(changes, 1);
});

test('a session that was there before is shown at once', () => {
  const model = new SessionModel();
  const kernel = new Kernel();
  kernel.say(ready);
  model.follow('a.ipynb', kernel);
  assert.equal(model.status.kind, 'session');
});

test('a restarted kernel has no session', () => {
  const model = new SessionModel();
  const kernel = new Kernel();
  model.follow('a.ipynb', kernel);
  kernel.say(ready);
  kernel.say(null);
  assert.deepEqual(model.status, { kind: 'no-session', notebook: 'a.ipynb' });
});

test('the notebook that was left is not heard any more', () => {
  const model = new SessionModel();
  const left = new Kernel();
  model.follow('a.ipynb', left);
  model.follow('b.ipynb', new Kernel());
  left.say(ready);
  assert.deepEqual(model.status, { kind: 'no-session', notebook: 'b.ipynb' });
});

test('a message that is not understood changes nothing', () => {
  const model = new SessionModel();
  const kernel = new Kernel();
  model.follow('a.ipynb', kernel);
  kernel.say(ready);
  kernel.say({ version: 1, kind: 'news' });
  assert.equal(model.status.kind, 'session');
});

test('a renamed notebook keeps its session', () => {
  const model = new SessionModel();
  const kernel = new Kernel();
  model.follow('a.ipynb', kernel);
  kernel.say(ready);
  model.rename('b.ipynb');
  assert.equal(model.status.kind, 'session');
  assert.equal(
    model.status.kind === 'session' && model.status.notebook,
    'b.ipynb'
  );
});

test('a disposed model hears nothing', () => {
  const model = new SessionModel();
  const kernel = new Kernel();
  model.follow('a.ipynb', kernel);
  model.dispose();
  kernel.say(ready);
  assert.equal(model.status.kind, 'no-session');
});
