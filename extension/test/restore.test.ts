import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { NotebookPanel } from '@jupyterlab/notebook';
import { DisposableDelegate } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import type { IPageRequest } from '../src/core/protocol';
import { CellsModel, type ICellSource } from '../src/cells/model';
import { OutputsRestorer } from '../src/cells/restore';
import { VERSION } from '../src/session/protocol';

const ERROR = { output_type: 'error', ename: 'ZeroDivisionError' };
const TEXT = { output_type: 'stream', name: 'stdout', text: '3.0\n' };

/** A kernel that tells of one cell. */
class Kernel implements ICellSource {
  latest: unknown = {};
  hasNone = false;
  changed = new Signal<this, void>(this);
  heard = new Signal<this, { readonly data: unknown }>(this);
  asked: (readonly string[])[] = [];
  watchCells(): DisposableDelegate {
    return new DisposableDelegate(() => undefined);
  }
  request(request: IPageRequest): void {
    this.asked.push(request.outputs ?? []);
  }

  /** Tell of the last execution of the cell. */
  tell(
    order: number,
    message: string,
    written: number,
    count = 2,
    asked = -1
  ): void {
    const facts = {
      ...{ asked, count, cluster: '' },
      ...{ cell: 'bad', order, since: order, message, written, digest: 1 },
      ...{ reads: [], binds: [], sources: [], functions: [] },
      ...{ ended: count > 0 ? 'done' : 'running' },
      ...{ states: [0, 0, 0, 0, 0, 0, 0], task: -1, begin: -1, end: -1 }
    };
    const sequence = ++this._sequence;
    const all = sequence === 0;
    const stream = 'a1b2c3d4';
    this.heard.emit({
      data: {
        ...{ version: VERSION, kind: 'cells', stream, sequence, all, now: 0 },
        cells: [facts]
      }
    });
  }

  /** Answer what an execution has shown. */
  answer(message: string, written: number, outputs: readonly object[]): void {
    this.heard.emit({
      data: {
        ...{ version: VERSION, kind: 'outputs', cell: 'bad', count: 2 },
        ...{ message, written, outputs }
      }
    });
  }

  private _sequence = -1;
}

/** What the views of a notebook share: one cell, and what it shows. */
class Shared {
  readonly context = {};
  readonly model = {
    id: 'bad',
    executionCount: null as number | null,
    executionState: 'idle',
    outputs: {
      shown: [] as readonly unknown[],
      toJSON: () => this.model.outputs.shown,
      fromJSON: (values: readonly unknown[]) => {
        this.model.outputs.shown = values;
      }
    }
  };
}

/** A view of a notebook. */
class View {
  constructor(shared: Shared) {
    this.context = shared.context;
    this._widget = {
      model: shared.model,
      outputArea: { future: null as { isDisposed: boolean } | null }
    };
    this.content = {
      widgets: [this._widget],
      modelContentChanged: new Signal<this, void>(this)
    };
  }

  readonly context: object;
  readonly content;

  get panel(): NotebookPanel {
    return this as unknown as NotebookPanel;
  }

  /** Begin to execute the cell, as JupyterLab does: first its outputs go. */
  execute(): { isDisposed: boolean } {
    this._widget.model.outputs.fromJSON([]);
    this._widget.model.executionCount = null;
    this.content.modelContentChanged.emit();
    const future = { isDisposed: false };
    this._widget.outputArea.future = future;
    this.content.modelContentChanged.emit();
    return future;
  }

  private _widget;
}

function open(...views: readonly View[]) {
  const kernel = new Kernel();
  const parts = views.map(view => {
    const model = new CellsModel();
    const all = () => views.map(one => one.panel);
    const restorer = new OutputsRestorer(view.panel, model, all);
    model.follow(kernel);
    return [restorer, model] as const;
  });
  const close = () => parts.flat().forEach(part => part.dispose());
  return { kernel, close };
}

test('what a cell has shown before the page was loaded comes back', () => {
  const shared = new Shared();
  const { kernel, close } = open(new View(shared));
  kernel.tell(2, 'first', 1);
  assert.deepEqual(kernel.asked, [['bad']]);
  kernel.answer('first', 1, [ERROR]);
  assert.deepEqual(shared.model.outputs.shown, [ERROR]);
  assert.equal(shared.model.executionCount, 2);
  kernel.tell(2, 'first', 2);
  kernel.answer('first', 2, [ERROR, TEXT]);
  assert.deepEqual(shared.model.outputs.shown, [ERROR, TEXT]);
  close();
});

test('a page that hears late of what it has executed leaves it alone', () => {
  const shared = new Shared();
  const view = new View(shared);
  const { kernel, close } = open(view);
  view.execute();
  kernel.tell(2, 'first', 1);
  // Retry, while the kernel still knows the first execution only.
  view.execute();
  kernel.tell(2, 'first', 2);
  assert.deepEqual(kernel.asked, []);
  kernel.answer('first', 2, [ERROR]); // another page has asked
  assert.deepEqual(shared.model.outputs.shown, []);
  close();
});

test('what was asked for comes too late for a cell that runs again', () => {
  const shared = new Shared();
  const view = new View(shared);
  const { kernel, close } = open(view);
  kernel.tell(2, 'first', 1);
  assert.deepEqual(kernel.asked, [['bad']]);
  view.execute();
  kernel.answer('first', 1, [ERROR]);
  assert.deepEqual(shared.model.outputs.shown, []);
  assert.equal(shared.model.executionCount, null);
  close();
});

test('a cell that runs in one view is left alone by the others', () => {
  const shared = new Shared();
  const [first, second] = [new View(shared), new View(shared)];
  const { kernel, close } = open(first, second);
  kernel.tell(2, 'first', 1);
  second.execute();
  first.content.modelContentChanged.emit();
  kernel.answer('first', 1, [ERROR]);
  assert.deepEqual(shared.model.outputs.shown, []);
  close();
});

test('another notebook whose cells have the same ids changes nothing', () => {
  const shared = new Shared();
  const copy = new View(new Shared());
  const { kernel, close } = open(new View(shared), copy);
  copy.execute();
  kernel.tell(2, 'first', 1);
  kernel.answer('first', 1, [ERROR]);
  assert.deepEqual(shared.model.outputs.shown, [ERROR]);
  close();
});

test('what a page began in a kernel that has ended is over', () => {
  const shared = new Shared();
  const view = new View(shared);
  const { kernel, close } = open(view);
  view.execute().isDisposed = true;
  kernel.tell(2, 'elsewhere', 1);
  kernel.answer('elsewhere', 1, [TEXT]);
  assert.deepEqual(shared.model.outputs.shown, [TEXT]);
  close();
});

test('a cell that has shown nothing has its number all the same', () => {
  const shared = new Shared();
  const { kernel, close } = open(new View(shared));
  kernel.tell(2, 'first', 0);
  assert.equal(shared.model.executionCount, 2);
  assert.deepEqual(kernel.asked, []);
  close();
});

test('a cell that ends after the page was loaded gets its number then', () => {
  const shared = new Shared();
  const { kernel, close } = open(new View(shared));
  kernel.tell(2, 'first', 0, 0);
  assert.equal(shared.model.executionState, 'running');
  kernel.tell(2, 'first', 0, 7);
  assert.equal(shared.model.executionState, 'idle');
  assert.equal(shared.model.executionCount, 7);
  close();
});

test('a number that the user has cleared stays so', () => {
  const shared = new Shared();
  const view = new View(shared);
  const { kernel, close } = open(view);
  kernel.tell(2, 'first', 0);
  shared.model.executionCount = null;
  view.content.modelContentChanged.emit();
  kernel.tell(2, 'first', 0);
  assert.equal(shared.model.executionCount, null);
  close();
});

test('no cell runs in a kernel that begins anew', () => {
  const shared = new Shared();
  const { kernel, close } = open(new View(shared));
  kernel.tell(2, 'first', 0, 0);
  kernel.latest = null;
  kernel.changed.emit();
  assert.equal(shared.model.executionState, 'idle');
  close();
});

test('what the page before this one had asked for is shown when it runs', () => {
  const shared = new Shared();
  const { kernel, close } = open(new View(shared));
  const loaded = performance.timeOrigin / 1000;
  kernel.tell(2, 'first', 1);
  kernel.tell(3, 'elsewhere', 1, 3, loaded + 1);
  kernel.tell(4, 'queued', 1, 4, loaded - 1);
  assert.deepEqual(kernel.asked, [['bad'], ['bad']]);
  kernel.answer('queued', 1, [TEXT]);
  assert.deepEqual(shared.model.outputs.shown, [TEXT]);
  assert.equal(shared.model.executionCount, 4);
  close();
});
