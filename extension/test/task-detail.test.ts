import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readJournal } from '../src/core/journal';
import { readGraphMessage } from '../src/core/protocol';
import { plain } from '../src/core/format';
import example from '../../tests/protocol/task.json';

test('what is told of a task is read as the kernel wrote it', () => {
  const { version: _, log_cut: logCut, ...rest } = example;
  assert.deepEqual(readGraphMessage(example, []), { ...rest, logCut });
});

test('a kernel that tells less is understood', () => {
  const { version, kind, task, error, traceback } = example;
  const detail = readGraphMessage(
    { version, kind, task, error, traceback, inputs: [{ name: 1 }] },
    []
  );
  assert.ok(detail?.kind === 'task');
  assert.equal(detail.inputs, null);
  assert.equal(detail.log, null);
  assert.deepEqual(detail.tries, []);
});

test('a journal tells of tries, and of no values', () => {
  const lines = [
    '{"format":"eflows-journal","version":1,"started":0}',
    '["function",1,0,"f"]',
    '["submitted",1,1,0,0,-1]',
    '["try",4000000,1,2,1000000,500000000,"ValueError: no"]',
    '["try",5000000,1,3,0,0,"engine 3 was lost"]',
    ''
  ];
  const run = readJournal(lines.join('\n'));
  assert.ok(typeof run !== 'string');
  const detail = run.details.get(1);
  assert.deepEqual(detail?.tries, [
    { engine: 2, start: 1, ended: 1.5, reason: 'ValueError: no' },
    { engine: 3, start: 0, ended: 5, reason: 'engine 3 was lost' }
  ]);
  assert.equal(detail?.inputs, null);
  assert.deepEqual(run.part.errors, []);
});

test('a log is text without what moves the pen', () => {
  assert.equal(plain('\u001b[31mred\u001b[0m'), 'red');
  assert.equal(plain('10 %\r50 %\r100 %\ndone\r\n'), '100 %\ndone\n');
});
