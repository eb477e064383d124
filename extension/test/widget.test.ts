import assert from 'node:assert/strict';
import { test } from 'node:test';

import { STATE } from '../src/core/tasks';
import { RunModel } from '../src/run/model';
import { ASK_AFTER } from '../src/session/protocol';
import {
  readJournalMessage,
  WidgetSource,
  type IWidgetModel
} from '../src/widget/source';
import { words } from '../src/widget/words';
import graph from '../../tests/protocol/graph.json';
import past from '../../tests/protocol/past-run.json';
import refusal from '../../tests/protocol/refusal.json';

/** A widget's model, as a page has it, and a kernel that says what the test wants. */
class Model implements IWidgetModel {
  readonly sent: unknown[] = [];

  get(): unknown {
    return undefined;
  }

  on(_: string, callback: (...args: never[]) => void): void {
    this._callback = callback as (...args: unknown[]) => void;
  }

  off(): void {
    this._callback = () => undefined;
  }

  send(content: unknown): void {
    this.sent.push(content);
  }

  /** Say an example, as number so and so of a stream. */
  say(place: number, sequence: number): void {
    const example = graph[place];
    assert.ok(example !== undefined);
    const message = { ...example.message, stream: 's', sequence };
    const buffers = example.buffers.map(text => Buffer.from(text, 'base64'));
    this._callback(message, buffers);
  }

  /** Say something without buffers. */
  tell(message: unknown): void {
    this._callback(message, []);
  }

  private _callback: (...args: unknown[]) => void = () => undefined;
}

test('a run is followed over the comm of a widget', () => {
  const model = new Model();
  const source = new WidgetSource(model);
  const run = new RunModel();
  run.follow(source);
  assert.deepEqual(model.sent, [{ watch: { stream: '', sequence: -1 } }]);
  assert.equal(run.status, 'no-session');
  model.say(0, 0);
  assert.equal(run.status, 'shown');
  assert.equal(run.table.rows, 4);
  run.cancel([0]);
  assert.deepEqual(model.sent.at(-1), {
    watch: { stream: 's', sequence: 0 },
    cancel: [1],
    request: '1'
  });
  run.dispose();
  source.dispose();
});

test('what was missed is asked for, and everything is taken again unasked', () => {
  const model = new Model();
  const run = new RunModel();
  run.follow(new WidgetSource(model));
  model.say(1, 7); // a change of what this page never heard of
  assert.deepEqual(model.sent.at(-1), { watch: { stream: '', sequence: -1 } });
  assert.equal(run.table.rows, 0);
  model.say(0, 8);
  model.say(0, 9);
  assert.equal(run.table.rows, 4);
  run.dispose();
});

test('why a wish was refused is shown by the page that had it', context => {
  context.mock.method(console, 'warn', () => undefined);
  const model = new Model();
  const run = new RunModel();
  run.follow(new WidgetSource(model));
  model.say(0, 0);
  model.tell(refusal);
  assert.equal(run.notice, ''); // another page had one of that name
  run.cancel([0]);
  model.tell(refusal);
  assert.equal(run.notice, 'refused');
  assert.equal(run.refusal, refusal.error);
  run.dispose();
});

test('what a run comes to is found anew every second, and at its end', context => {
  let now = 0;
  context.mock.method(performance, 'now', () => now);
  const model = new Model();
  const run = new RunModel();
  run.follow(new WidgetSource(model));
  model.say(0, 0);
  const first = run.totals;
  model.say(0, 1);
  assert.equal(run.totals.busy, first.busy);
  const { busy } = run.totals;
  run.table.now += 50;
  run.table.version++;
  now = 999;
  assert.equal(run.totals.busy, busy);
  now = 1001;
  assert.ok(run.totals.busy > busy);
  run.table.counts.fill(0); // nothing runs any more
  run.table.now += 50;
  run.table.version++;
  const before = run.totals.busy;
  assert.ok(before > busy + 50);
  run.dispose();
});

test('time stands still when a kernel goes while tasks run', context => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const model = new Model();
  const run = new RunModel();
  run.follow(new WidgetSource(model));
  model.say(0, 0);
  assert.ok((run.table.counts[STATE.running] ?? 0) > 0);
  let changes = 0;
  run.changed.connect(() => changes++);
  context.mock.timers.tick(1000);
  assert.equal(changes, 2);
  run.follow(null);
  changes = 0;
  context.mock.timers.tick(1000);
  assert.equal(changes, 0);
});

test('a page speaks now and then, so that the kernel goes on soon', () => {
  const model = new Model();
  const source = new WidgetSource(model);
  for (let place = 0; place < 2 * ASK_AFTER; place++) {
    model.say(0, place);
  }
  assert.equal(model.sent.length, 2);
  source.dispose();
});

test('a journal is read as the kernel sends it', () => {
  const text = new TextEncoder().encode('{"format": …}');
  assert.equal(readJournalMessage(past.message, [text]), '{"format": …}');
  assert.equal(
    readJournalMessage({ ...past.message, version: 9 }, [text]),
    null
  );
  assert.equal(readJournalMessage(past.message, []), null);
});

test('words have their numbers where no translator is', () => {
  assert.equal(words.__('%1 of %2', 'a', 'b'), 'a of b');
  assert.equal(words._n('%1 task', '%1 tasks', 1), '1 task');
  assert.equal(words._n('%1 task', '%1 tasks', 3), '3 tasks');
  assert.equal(words.__('%1', '%2', '<b>'), '%2');
});
