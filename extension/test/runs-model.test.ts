import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  nameOf,
  RunsModel,
  type IRunRequests,
  type RunsAnswer
} from '../src/runs/model';
import { readRuns, type IRun, type IRunListing } from '../src/runs/protocol';
import listing from '../../tests/protocol/runs.json';

function known(): IRunListing {
  const read = readRuns(listing);
  assert.ok(read !== null);
  return read;
}

class Server implements IRunRequests {
  answers: ((answer: RunsAnswer) => void)[] = [];
  removed: string[] = [];

  list(): Promise<RunsAnswer> {
    return new Promise(resolve => this.answers.push(resolve));
  }

  remove(path: string): Promise<number> {
    this.removed.push(path);
    return Promise.resolve(409);
  }
}

test('the answer of the server is read whole', () => {
  const read = readRuns(listing);
  assert.deepEqual(
    read?.runs.map(({ tasks: _, ...rest }) => rest),
    listing.runs.map(({ tasks: _, ...rest }) => rest)
  );
  assert.equal(read?.runs[1]?.tasks.done, 900);
});

test('an answer that is something else is not guessed at', () => {
  const { runs } = listing;
  const strange: unknown[] = [
    null,
    [],
    {},
    { ...listing, runs: 1 },
    { ...listing, runs: [{}] },
    { ...listing, runs: [{ ...runs[0], state: 'asleep' }] },
    { ...listing, runs: [{ ...runs[0], tasks: { done: '1' } }] }
  ];
  for (const data of strange) {
    assert.equal(readRuns(data), null);
  }
});

test('the newest question counts, whichever is answered last', async () => {
  const server = new Server();
  const model = new RunsModel(server);
  const first = model.refresh();
  const second = model.refresh();
  server.answers[1]?.({ kind: 'listed', ...known() });
  server.answers[0]?.({ kind: 'failed', status: 0 });
  await Promise.all([first, second]);
  assert.equal(model.answer?.kind, 'listed');
  assert.ok(model.goesOn);
});

test('a journal that is not removed is told, and asked for again', async () => {
  const server = new Server();
  const model = new RunsModel(server);
  const [run] = known().runs;
  assert.ok(run !== undefined);
  const removal = model.remove(run);
  await Promise.resolve();
  await Promise.resolve();
  server.answers[0]?.({ kind: 'listed', ...known() });
  await removal;
  assert.deepEqual(server.removed, [run.path]);
  assert.equal(model.removal, 409);
});

test('a run is called by its notebook, else by its folder', () => {
  const [run] = known().runs;
  assert.ok(run !== undefined);
  const called = (more: Partial<IRun>): string => nameOf({ ...run, ...more });
  assert.equal(called({}), 'tsunami.ipynb');
  assert.equal(
    called({ notebook: '', path: 'a/b/.eflows/journal.jsonl' }),
    'b'
  );
  assert.equal(called({ notebook: '', path: 'a/journal.jsonl' }), 'a');
  assert.equal(
    called({ notebook: '', path: '.eflows/journal.jsonl' }),
    '3652b662'
  );
});
