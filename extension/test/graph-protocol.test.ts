import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DisposableDelegate } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { readGraphMessage, type IGraphPart } from '../src/core/protocol';
import { STATE, TaskTable } from '../src/core/tasks';
import { RunModel, type IGraphSource } from '../src/run/model';
import examples from '../../tests/protocol/graph.json';

function part(place: number): IGraphPart {
  const example = examples[place];
  assert.ok(example !== undefined);
  const buffers = example.buffers.map(text => Buffer.from(text, 'base64'));
  const message = readGraphMessage(example.message, buffers);
  assert.equal(message?.kind, 'graph');
  return message;
}

/** The same part, as number so and so of a stream. */
function numbered(place: number, sequence: number): IGraphPart {
  const { functions } = part(place);
  return {
    ...part(place),
    stream: 's',
    sequence,
    firstFunction: place === 0 ? 0 : 3,
    functions: place === 0 ? functions : []
  };
}

test('a snapshot is read as the kernel wrote it', () => {
  const table = new TaskTable();
  assert.ok(table.apply(numbered(0, 0)));
  assert.equal(table.rows, 4);
  assert.deepEqual(table.functions, ['load', '<b>mean</b>', 'plot']);
  assert.deepEqual([...table.parentsOf(2)], [0, 1]);
  assert.deepEqual([...table.parentsOf(3)], [2]);
  assert.deepEqual(
    [...table.state.subarray(0, 4)],
    [STATE.running, STATE.sent, STATE.waiting, STATE.waiting]
  );
  assert.equal(table.rowOf(5), 3);
  assert.equal(table.engines[0]?.host, 'n01');
});

test('a delta adds and changes', () => {
  const table = new TaskTable();
  table.apply(numbered(0, 0));
  assert.ok(table.apply(numbered(1, 1)));
  assert.equal(table.rows, 5);
  assert.deepEqual([...table.parentsOf(4)], [0, 3]);
  assert.deepEqual(
    [...table.state.subarray(0, 5)],
    [
      STATE.done,
      STATE.failed,
      STATE.cancelled,
      STATE.cancelled,
      STATE.cancelled
    ]
  );
  assert.equal(table.counts[STATE.cancelled], 3);
  assert.equal(table.endOf(0), 1.5);
  assert.equal(table.errors.get(2), 'ValueError: <i>no</i>');
  assert.equal(table.engines[0]?.left, 4);
  assert.deepEqual(table.childrenOf(0), [2, 4]);
});

test('a gap and another stream are noticed', () => {
  const table = new TaskTable();
  assert.equal(table.apply(numbered(1, 1)), false);
  table.apply(numbered(0, 0));
  assert.equal(table.apply(numbered(1, 2)), false);
  assert.equal(table.apply({ ...numbered(1, 1), stream: 'other' }), false);
  assert.equal(table.rows, 4);
});

test('what is known already changes nothing', () => {
  const table = new TaskTable();
  table.apply(numbered(0, 3));
  const version = table.version;
  assert.ok(table.apply(numbered(0, 3)));
  assert.equal(table.version, version);
});

test('a task is ready when all that it reads is done', () => {
  const table = new TaskTable();
  table.apply(numbered(0, 0));
  const { added, changed } = part(0);
  table.apply({
    ...numbered(0, 1),
    added: { ...added, state: Uint8Array.of(3, 3, 0, 0) },
    changed
  });
  // It began anew, with the same four tasks.
  assert.equal(table.rows, 4);
  assert.deepEqual(
    [...table.state.subarray(0, 4)],
    [STATE.done, STATE.done, STATE.ready, STATE.waiting]
  );
});

test('what is not a message, or of another version, is not read', () => {
  const example = examples[0];
  assert.ok(example !== undefined);
  assert.equal(readGraphMessage({ ...example.message, version: 2 }, []), null);
  assert.equal(readGraphMessage(example.message, []), null);
  assert.equal(readGraphMessage({ version: 1, kind: 'new' }, []), null);
  assert.equal(readGraphMessage('graph', []), null);
});

/** A kernel that tells of tasks. */
class Source implements IGraphSource {
  latest: unknown = {};
  changed = new Signal<this, void>(this);
  heard = new Signal<this, ReturnType<typeof heardOf>>(this);
  watch(): DisposableDelegate {
    return new DisposableDelegate(() => undefined);
  }
  request(): void {
    // It tells unasked.
  }
}

function heardOf(place: number) {
  const example = examples[place];
  assert.ok(example !== undefined);
  const buffers = example.buffers.map(text => Buffer.from(text, 'base64'));
  return { data: example.message, buffers };
}

function shown() {
  const source = new Source();
  const model = new RunModel();
  model.follow(source);
  source.heard.emit(heardOf(0));
  assert.equal(model.status, 'shown');
  return { source, model };
}

test('the tasks of a session that is over stay, and none of them runs', () => {
  for (const end of [
    ({ source }: ReturnType<typeof shown>) => {
      source.latest = null; // the kernel begins anew
      source.changed.emit();
    },
    ({ model }: ReturnType<typeof shown>) => model.follow(null) // it was shut down
  ]) {
    const run = shown();
    run.model.select(0);
    end(run);
    assert.equal(run.model.status, 'ended');
    assert.equal(run.model.lost, 4);
    assert.equal(run.model.table.counts[STATE.cancelled], 4);
    assert.equal(run.model.table.engines[0]?.left, run.model.table.now);
    assert.equal(run.model.canCancel(0), false);
    assert.equal(run.model.selected, 0);
    run.model.dispose();
  }
});

test('a new session takes the place of one that is over', () => {
  const { source, model } = shown();
  model.select(1);
  source.latest = null;
  source.changed.emit();
  source.latest = {};
  source.changed.emit();
  assert.equal(model.status, 'loading');
  source.heard.emit(heardOf(0));
  assert.equal(model.status, 'shown');
  assert.equal(model.selected, -1);
  const { counts } = model.table;
  assert.deepEqual([counts[STATE.running], counts[STATE.sent]], [1, 1]);
  model.dispose();
});

test('the tasks of a notebook that is closed stay as they were', () => {
  const { source, model } = shown();
  model.follow(null, true);
  assert.equal(model.status, 'closed');
  const { counts } = model.table;
  assert.deepEqual([counts[STATE.running], counts[STATE.sent]], [1, 1]);
  model.follow(source);
  source.heard.emit(heardOf(0));
  assert.equal(model.status, 'shown');
  model.dispose();
});
