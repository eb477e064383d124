import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DisposableDelegate } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { digestOf } from '../src/cells/digest';
import { apply, readConverted, type IFileCell } from '../src/cells/forms';
import { CellsModel, type ICellSource } from '../src/cells/model';
import { readCellsMessage, type ICellFacts } from '../src/cells/protocol';
import { leftBehind } from '../src/cells/card';
import {
  cellsToRetry,
  isAtWork,
  relativesOf,
  staleCells,
  totalOf
} from '../src/cells/relations';
import { SIGN_TEXT } from '../src/signs/text';
import signs from '../../tests/protocol/signs.json';
import outputs from '../../tests/protocol/left-behind.json';
import session from '../../tests/protocol/session-ready.json';
import example from '../../tests/protocol/cells.json';

const DONE = [0, 0, 0, 1, 0, 0];
const FAILED = [0, 0, 0, 0, 1, 0];
const CANCELLED = [0, 0, 0, 0, 0, 1];
const NONE = [0, 0, 0, 0, 0, 0];

function cell(name: string, order: number, more: Partial<ICellFacts> = {}) {
  const facts: ICellFacts = {
    cell: name,
    order,
    since: order,
    message: '',
    asked: -1,
    count: 1,
    digest: 1,
    reads: [],
    binds: [],
    sources: [],
    ended: 'done',
    functions: [],
    states: NONE,
    task: -1,
    begin: -1,
    end: -1,
    cluster: '',
    written: 0,
    ...more
  };
  return [name, facts] as const;
}

function written(...names: string[]) {
  return names.map(id => ({ id, digest: 1 }));
}

test('what the kernel says of cells is read whole', () => {
  const part = readCellsMessage(example);
  assert.deepEqual(part?.cells, example.cells);
  assert.equal(readCellsMessage({ ...example, version: 2 }), null);
  assert.equal(readCellsMessage({ ...example, cells: [{}] }), null);
});

test('page and kernel have the same number for the same code', () => {
  assert.equal(digestOf('x = 1'), 1197187446);
  assert.equal(digestOf(''), 0);
});

test('an edited cell is stale, and so is what reads from it', () => {
  const cells = new Map([
    cell('mesh', 1),
    cell('field', 2, { sources: ['mesh'] }),
    cell('plot', 3, { sources: ['field'] }),
    cell('other', 4)
  ]);
  const now = written('mesh', 'field', 'plot', 'other');
  now[0] = { id: 'mesh', digest: 2 };
  assert.deepEqual([...staleCells(now, cells)].sort(), [
    ['field', 'upstream'],
    ['mesh', 'edited'],
    ['plot', 'upstream']
  ]);
});

test('a cell is stale when what it read was made anew', () => {
  const cells = new Map([
    cell('mesh', 5),
    cell('field', 2, { sources: ['mesh'] }),
    cell('fresh', 6, { sources: ['mesh'] })
  ]);
  assert.deepEqual(
    [...staleCells(written('mesh', 'field', 'fresh'), cells)],
    [['field', 'inputs']]
  );
});

test('a cell is stale when a new cell above it binds what it read', () => {
  const cells = new Map([
    cell('new', 3, { binds: ['n'] }),
    cell('field', 2, { reads: ['n'] }),
    cell('below', 4, { binds: ['n'] })
  ]);
  assert.deepEqual(
    [...staleCells(written('new', 'field', 'below'), cells)],
    [['field', 'inputs']]
  );
  assert.deepEqual([...staleCells(written('field', 'below'), cells)], []);
});

test('definitions that ran again unchanged make nothing stale', () => {
  const cells = new Map([
    cell('imports', 9, { since: 1, binds: ['np'] }),
    cell('field', 2, { sources: ['imports'], reads: ['np'] })
  ]);
  assert.deepEqual([...staleCells(written('imports', 'field'), cells)], []);
});

const BROKEN = new Map([
  cell('mesh', 1, { states: DONE }),
  cell('bad', 2, { sources: ['mesh'], states: FAILED }),
  cell('independent', 3, { sources: ['mesh'], states: DONE }),
  cell('reader', 4, { sources: ['bad', 'mesh'], states: CANCELLED }),
  cell('plain', 5, { sources: ['reader'], ended: 'refused' }),
  cell('wrong', 6, { sources: ['mesh'], ended: 'error' })
]);
const ORDER = ['mesh', 'independent', 'reader', 'bad', 'plain', 'wrong'];

test('Retry runs the failed cell and all that have no result because of it', () => {
  assert.deepEqual(cellsToRetry('bad', ORDER, BROKEN), [
    'reader',
    'bad',
    'plain'
  ]);
});

test('Retry of a cancelled or refused cell begins with what failed', () => {
  assert.deepEqual(
    cellsToRetry('plain', ORDER, BROKEN),
    cellsToRetry('bad', ORDER, BROKEN)
  );
});

test('a cell whose tasks its engines have is at work', () => {
  const [, facts] = cell('long', 1, { states: [0, 0, 0, 4, 0, 0, 0, 2] });
  assert.ok(isAtWork(facts));
  assert.equal(totalOf(facts), 6);
});

test('Retry leaves alone what is at work again', () => {
  const cells = new Map(BROKEN);
  cells.set(
    ...cell('reader', 7, { sources: ['bad'], states: [1, 0, 0, 0, 0, 1] })
  );
  assert.deepEqual(cellsToRetry('bad', ORDER, cells), ['bad']);
});

class Source implements ICellSource {
  latest: unknown = {};
  hasNone = false;
  changed = new Signal<this, void>(this);
  heard = new Signal<this, { readonly data: unknown }>(this);
  asked: { cells?: unknown; cancel_cells?: unknown }[] = [];
  watchCells(
    watch: Parameters<ICellSource['watchCells']>[0]
  ): ReturnType<ICellSource['watchCells']> {
    this._watch = watch;
    this.request({});
    return new DisposableDelegate(() => undefined);
  }
  request(request: object): void {
    this.asked.push({ cells: this._watch(), ...request });
  }
  private _watch: () => unknown = () => undefined;
}

test('a page that misses a message asks for all cells', () => {
  const source = new Source();
  const model = new CellsModel();
  model.follow(source);
  source.heard.emit({ data: example });
  assert.equal(model.cells.size, 2);
  source.heard.emit({ data: { ...example, all: false, sequence: 2 } });
  assert.deepEqual(source.asked, [
    { cells: { stream: '', sequence: -1 } },
    { cells: { stream: 'a1b2c3d4', sequence: -1 } }
  ]);
  source.latest = null;
  source.changed.emit();
  assert.equal(model.cells.size, 0);
  model.dispose();
});

test('the tasks of a cell are cancelled by its id', () => {
  const source = new Source();
  const model = new CellsModel();
  model.follow(source);
  model.cancel('field');
  assert.deepEqual(source.asked[1]?.cancel_cells, ['field']);
  model.dispose();
});

test('another cluster is news for cells whose tasks have not begun', () => {
  const source = new Source();
  const model = new CellsModel();
  let changes = 0;
  model.follow(source);
  model.changed.connect(() => changes++);
  source.latest = session;
  source.changed.emit();
  source.changed.emit();
  assert.equal(changes, 1);
  assert.equal(model.cluster, 'local');
  model.dispose();
});

test('relatives of a cell are those with tasks, or it has tasks itself', () => {
  const cells = new Map([
    cell('imports', 1),
    cell('field', 2, { sources: ['imports'], states: DONE }),
    cell('plain', 3, { sources: ['imports', 'field'] }),
    cell('refused', 4, { sources: ['plain', 'imports'], ended: 'refused' })
  ]);
  const of = (id: string) => Object.fromEntries(relativesOf(id, cells));
  assert.deepEqual(of('imports'), { field: 'reader', refused: 'reader' });
  assert.deepEqual(of('field'), { imports: 'source', plain: 'reader' });
  assert.deepEqual(of('plain'), { field: 'source', refused: 'reader' });
  assert.deepEqual(of('unknown'), {});
});

test('page and kernel have the same signs', () => {
  assert.deepEqual(SIGN_TEXT, signs);
});

test('what had not ended with its kernel says so, all else stays', () => {
  for (const { before, after } of outputs) {
    assert.deepEqual(leftBehind(before), after);
    assert.equal(leftBehind(after), null);
  }
  assert.equal(leftBehind({ output_type: 'stream', text: '' }), null);
  assert.equal(leftBehind({ metadata: { eflows: { version: 2 } } }), null);
  assert.equal(leftBehind(null), null);
});

function fileCell(id: string, source: string): IFileCell {
  return { id, cell_type: 'code', source, metadata: {} };
}

test('cells that stay keep their place, others come and go', () => {
  const now = ['load', 'a', 'b', 'c'];
  const written: string[] = [];
  apply([fileCell('new', '1'), fileCell('a', '2'), fileCell('c', '3')], {
    ids: [...now],
    remove: place => now.splice(place, 1),
    insert: (place, { id }) => now.splice(place, 0, id),
    write: ({ id }) => written.push(id)
  });
  assert.deepEqual(now, ['new', 'a', 'c']);
  assert.deepEqual(written, ['a', 'c']);
});

test('what the server answers is read whole or not at all', () => {
  const notebook = { metadata: {}, cells: [fileCell('a', 'x = 1')] };
  assert.deepEqual(readConverted({ notebook }), notebook);
  assert.equal(readConverted({ notebook: { ...notebook, cells: [{}] } }), null);
  assert.equal(readConverted(null), null);
});
