import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatBytes, formatSeconds, oneLine } from '../src/core/format';
import { ordered } from '../src/core/order';
import { criticalPath, find, nextFailed, runTotals } from '../src/core/paths';
import { escape } from '../src/core/pen';
import type { IGraphPart } from '../src/core/protocol';
import { StageLayout } from '../src/core/stages';
import { STATE, TaskTable } from '../src/core/tasks';
import { roundStep } from '../src/core/timeline-painter';
import { traceOf } from '../src/core/trace';
import { inGraph, inTimeline } from '../src/run/neighbours';
import { TASK_STATES } from '../src/session/protocol';

interface ITask {
  readonly name: string;
  readonly parents?: readonly number[];
  readonly seconds?: number;
  readonly start?: number;
  readonly state?: number;
  readonly engine?: number;
}

/** A table of these tasks; parents are rows. */
function tableOf(tasks: readonly ITask[], sequence = 0): TaskTable {
  const table = new TaskTable();
  table.apply(partOf(tasks, sequence));
  return table;
}

function partOf(tasks: readonly ITask[], sequence: number): IGraphPart {
  const functions = [...new Set(tasks.map(task => task.name))];
  const links = tasks.flatMap(task => task.parents ?? []);
  return {
    kind: 'graph',
    stream: 's',
    sequence,
    complete: true,
    began: 1000,
    now: 100,
    base: 0,
    firstFunction: 0,
    functions,
    engines: [{ engine: 0, host: 'n01', pid: 1, joined: 0, left: null }],
    errors: tasks.flatMap(({ state }, row) =>
      state === STATE.failed ? [[row + 1, 'ValueError: no'] as const] : []
    ),
    cells: [],
    added: {
      task: Int32Array.from(tasks, (_, row) => row + 1),
      function: Int32Array.from(tasks, task => functions.indexOf(task.name)),
      origin: new Int32Array(tasks.length),
      submitted: new Float64Array(tasks.length),
      parents: Int32Array.from(tasks, task => task.parents?.length ?? 0),
      links: Int32Array.from(links),
      state: Uint8Array.from(tasks, task => task.state ?? STATE.done),
      engine: Int32Array.from(tasks, task => task.engine ?? 0),
      start: Float64Array.from(tasks, (task, row) => task.start ?? row + 1),
      seconds: Float32Array.from(tasks, task => task.seconds ?? 1),
      size: new Float32Array(tasks.length),
      memory: new Float32Array(tasks.length)
    },
    changed: {
      row: new Int32Array(0),
      state: new Uint8Array(0),
      engine: new Int32Array(0),
      start: new Float64Array(0),
      seconds: new Float32Array(0),
      size: new Float32Array(0),
      memory: new Float32Array(0)
    }
  };
}

const DIAMOND: readonly ITask[] = [
  { name: 'load' },
  { name: 'left', parents: [0], seconds: 5 },
  { name: 'right', parents: [0], seconds: 2, engine: 1 },
  { name: 'join', parents: [1, 2], state: STATE.failed }
];

test('a task stands right of all that it reads from', () => {
  const layout = new StageLayout();
  const table = tableOf(DIAMOND);
  layout.update(table);
  const x = [0, 1, 2, 3].map(row => layout.cellOf(row).x);
  assert.ok((x[0] ?? 0) < (x[1] ?? 0) && x[1] === x[2]);
  assert.ok((x[2] ?? 0) < (x[3] ?? 0));
});

test('every task is found where it is drawn, and none overlaps another', () => {
  const layout = new StageLayout();
  const tasks = Array.from({ length: 3000 }, (_, row) => ({
    name: row < 2000 ? 'many' : row % 3 === 0 ? 'some' : 'other',
    parents: row < 2000 ? [] : [row - 2000, row - 1]
  }));
  const table = tableOf(tasks);
  layout.update(table);
  for (let row = 0; row < table.rows; row++) {
    const { x, y, width, height } = layout.cellOf(row);
    assert.equal(layout.at(x + width / 2, y + height / 2), row);
  }
  assert.equal(layout.at(-1000, 0), -1);
});

test('tasks that come later are added, and an early one keeps its place', () => {
  const layout = new StageLayout();
  const table = tableOf(DIAMOND.slice(0, 2));
  layout.update(table);
  table.apply({
    ...partOf(DIAMOND, 1),
    base: 0
  });
  assert.ok(layout.update(table));
  assert.equal(layout.update(table), false);
  assert.equal(layout.stages.length, 4);
  assert.deepEqual(
    layout.edges.map(({ from, to }) => [from, to]),
    [
      [0, 1],
      [0, 2],
      [1, 3],
      [2, 3]
    ]
  );
});

test('the critical path is the chain that took longest', () => {
  const { rows, seconds } = criticalPath(tableOf(DIAMOND));
  assert.deepEqual(rows, [0, 1, 3]);
  assert.equal(seconds, 7);
  assert.deepEqual(criticalPath(new TaskTable()).rows, []);
});

test('tasks are found by name, number, state and error', () => {
  const table = tableOf(DIAMOND);
  const found = (text: string): number[] => [...find(table, text, TASK_STATES)];
  assert.deepEqual(found('EF'), [1]);
  assert.deepEqual(found('#2'), [1]);
  assert.deepEqual(found('failed'), [3]);
  assert.deepEqual(found('valueerror'), [3]);
  assert.deepEqual(found('nothing'), []);
});

test('the next error is found from anywhere', () => {
  const table = tableOf(DIAMOND);
  assert.equal(nextFailed(table, -1), 3);
  assert.equal(nextFailed(table, 3), 3);
  assert.equal(nextFailed(new TaskTable(), -1), -1);
});

test('arrow keys lead along the graph and along time', () => {
  const table = tableOf(DIAMOND);
  const layout = new StageLayout();
  layout.update(table);
  assert.equal(inGraph(table, layout, -1, 'ArrowRight'), 0);
  assert.equal(inGraph(table, layout, 0, 'ArrowRight'), 1);
  assert.equal(inGraph(table, layout, 1, 'ArrowDown'), 2);
  assert.equal(inGraph(table, layout, 3, 'ArrowLeft'), 1);
  assert.equal(inTimeline(table, 0, 'ArrowRight'), 1);
  assert.equal(inTimeline(table, 1, 'ArrowRight'), 3);
  assert.equal(inTimeline(table, 1, 'ArrowDown'), 2);
});

test('a trace has a slice for each task and an arrow for each dependency', () => {
  const trace: unknown = JSON.parse(
    traceOf(tableOf(DIAMOND), 'run', TASK_STATES)
  );
  assert.ok(typeof trace === 'object' && trace !== null);
  assert.ok('traceEvents' in trace && Array.isArray(trace.traceEvents));
  const phases = trace.traceEvents.map((event: { ph: string }) => event.ph);
  assert.equal(phases.filter(phase => phase === 'X').length, 4);
  assert.equal(phases.filter(phase => phase === 's').length, 4);
});

test('text cannot leave its place in an SVG', () => {
  assert.equal(
    escape('</text><script>"&\u0000'),
    '&lt;/text&gt;&lt;script&gt;&quot;&amp;'
  );
});

test('rows are ordered by their keys, then by their numbers', () => {
  const keys = [3, -1, Infinity, 0.5, -1, -2.5, 0, 1e9];
  const rows = Int32Array.from(keys, (_, row) => row).reverse();
  assert.deepEqual(
    [...ordered(rows, row => keys[row] ?? 0)],
    [5, 1, 4, 6, 3, 0, 7, 2]
  );
});

test('quantities are short', () => {
  assert.equal(formatSeconds(0.00123), '1.2 ms');
  assert.equal(formatSeconds(75), '1 min 15 s');
  assert.equal(formatSeconds(7500), '2 h 5 min');
  assert.equal(formatBytes(64 * 2 ** 20), '64 MiB');
  assert.equal(oneLine('a\n\u202eb', 9), 'a b');
  assert.equal(roundStep(0.03), 0.05);
  assert.equal(roundStep(70), 120);
});

test('an engine runs the task that was sent to it first, and has others before the rest', () => {
  const sent = { state: STATE.running, seconds: -1, engine: 0 };
  const table = tableOf([
    { name: 'third', ...sent, start: 10 + 2e-9 },
    { name: 'first', ...sent, start: 10 },
    { name: 'second', ...sent, start: 10 + 1e-9, parents: [1] },
    { name: 'elsewhere', ...sent, start: 9, engine: 1 }
  ]);
  const { running, done } = STATE;
  const states = (): number[] => [...table.state.subarray(0, table.rows)];
  assert.deepEqual(states(), [STATE.sent, running, STATE.sent, running]);
  assert.equal(table.counts[running], 2);
  assert.equal(table.counts[STATE.sent], 2);
  assert.ok(table.isLive);
  assert.deepEqual([table.aheadOf(0), table.aheadOf(2)], [2, 1]);
  assert.deepEqual([...find(table, 'sent', TASK_STATES)], [0, 2]);

  table.state[1] = done; // and the kernel says nothing of the next one
  table.settle();
  assert.deepEqual(states(), [STATE.sent, done, running, running]);
  assert.equal(table.aheadOf(0), 1);
});

test('what an engine had not begun when its session was over has not run', () => {
  const sent = { state: STATE.running, seconds: -1, start: 10, engine: 0 };
  const table = tableOf([
    { name: 'f', ...sent },
    { name: 'f', ...sent }
  ]);
  assert.equal(table.end(), 2);
  assert.deepEqual([...table.state.subarray(0, 2)], [5, 5]);
  assert.deepEqual([table.startOf(0), table.startOf(1)], [10, 0]);
  assert.deepEqual([...table.seconds.subarray(0, 2)], [90, -1]);
});

test('of the tasks that were sent to an engine together the first has begun', () => {
  const sent = { state: STATE.running, seconds: -1, start: 10, engine: 0 };
  const table = tableOf([
    { name: 'before', start: 8, seconds: 4, engine: 0 },
    { name: 'first', ...sent },
    { name: 'behind', ...sent, parents: [1] },
    { name: 'behind', ...sent, start: 11 },
    { name: 'elsewhere', ...sent, start: 11, engine: 1 }
  ]);
  assert.deepEqual(
    [0, 1, 2, 3, 4].map(row => table.startOf(row)),
    [8, 12, 0, 0, 11] // the first of them when the one before it had ended
  );
  assert.deepEqual(
    [0, 1, 2, 3, 4].map(row => table.endOf(row)),
    [12, 100, 0, 0, 100]
  );
  const { begun, ended, busy, critical } = runTotals(table);
  assert.deepEqual([begun, ended, busy], [8, 100, 4 + 88 + 89]);
  assert.deepEqual(critical, { rows: [4], seconds: 89 });
});

test('two engines are never as fast as three', () => {
  const table = tableOf(
    Array.from({ length: 1000 }, (_, row) => ({
      name: 'f',
      state: row < 100 ? STATE.done : STATE.running,
      seconds: row < 100 ? 1 : -1,
      start: row < 100 ? 1 + (row >> 1) : 51,
      engine: row % 2
    }))
  );
  const { begun, ended, busy } = runTotals(table);
  assert.equal(busy / (ended - begun), 2);
});
