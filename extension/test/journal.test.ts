import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { readJournal, type IPastRun } from '../src/core/journal';
import { Replay } from '../src/core/replay';
import { STATE, TaskTable } from '../src/core/tasks';

const TEXT = readFileSync('../tests/protocol/journal.jsonl', 'utf8');

function run(): IPastRun {
  const past = readJournal(TEXT);
  assert.ok(typeof past !== 'string');
  return past;
}

test('a journal is read as Python reads it', () => {
  const { part, details } = run();
  const { added } = part;
  assert.deepEqual([...added.task], [1, 2, 3, 4, 5, 7]);
  assert.deepEqual(
    [...added.state],
    [
      STATE.done,
      STATE.done,
      STATE.done,
      STATE.failed,
      STATE.done,
      STATE.cancelled
    ]
  );
  assert.equal(added.start[1]?.toFixed(6), '1.700000');
  assert.equal(added.seconds[1], 0.25);
  assert.equal(added.size[1], 2048);
  assert.equal(added.start[2], 1.5);
  assert.equal(added.engine[4], 0);
  assert.deepEqual([...added.parents], [0, 0, 0, 0, 2, 1]);
  assert.deepEqual([...added.links], [0, 1, 3]);
  assert.equal(details.get(4)?.error, 'ValueError: <i>no</i>');
  assert.deepEqual(
    part.engines?.map(engine => engine.left),
    [null, 3.5]
  );
});

test('a run is shown as it was at any time', () => {
  const table = new TaskTable();
  const replay = new Replay(table, run());
  const states = (time: number): number[] => {
    replay.show(time);
    return [...table.state.subarray(0, table.rows)];
  };
  assert.deepEqual([replay.begin, replay.end], [1, 4.6]);
  const { ready, running, done, waiting, failed, cancelled } = STATE;
  assert.deepEqual(states(1), [ready, ready, ready, ready, waiting, waiting]);
  assert.deepEqual(states(1.6), [
    running,
    ready,
    running,
    ready,
    waiting,
    waiting
  ]);
  assert.deepEqual(states(3.05), [done, done, done, failed, ready, waiting]);
  assert.deepEqual(states(4.6), [done, done, done, failed, done, cancelled]);
});

test('an engine runs what it has in the order in which it was sent', () => {
  const lines = [
    TEXT.split('\n')[0],
    '["joined",0,0,"n01",1]',
    '["function",0,0,"f"]',
    '["submitted",1000000,"1-3",0,0,3]',
    '["running",1000000,[3,1,2],0]',
    '["cancelled",2000000,[2,3],-1]',
    ''
  ];
  const told = (text: string): (readonly number[])[] => {
    const run = readJournal(text);
    assert.ok(typeof run !== 'string');
    const table = new TaskTable();
    new Replay(table, run);
    return [table.state, table.start, table.seconds].map(column => [
      ...column.subarray(0, 3)
    ]);
  };
  const { running, sent, cancelled } = STATE;
  const before = told([...lines.slice(0, 5), ''].join('\n'));
  assert.deepEqual(before[0], [sent, sent, running]);
  const after = told(lines.join('\n'));
  assert.deepEqual(after[0], [running, cancelled, cancelled]);
  assert.deepEqual(after[1]?.slice(1), [0, 1]); // one of them had not begun
  assert.deepEqual(after[2]?.slice(1), [-1, 1]);
});

test('what is not a journal is refused, and says why', () => {
  assert.equal(readJournal('{"a": 1}\n'), 'not-a-journal');
  assert.equal(readJournal(''), 'not-a-journal');
  assert.equal(
    readJournal(TEXT.replace('"version": 1', '"version": 2')),
    'later-version'
  );
  assert.equal(
    readJournal(TEXT.replace('["joined",500000', '["joined')),
    'damaged:3'
  );
});
