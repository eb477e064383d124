import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import { formatCount, formatSeconds } from '../core/format';
import { STATE, STATE_COUNT, type TaskTable } from '../core/tasks';
import { stateLabel } from '../session/labels';
import { TASK_STATES } from '../session/protocol';
import type { RunModel } from './model';
import { SIGN_TEXT } from './signs';

const UPDATE_EVERY_MS = 200;

/** What is settled first, so that a strip fills from its start. */
const ORDER = [
  STATE.done,
  STATE.failed,
  STATE.cancelled,
  STATE.running,
  STATE.ready,
  STATE.waiting
];

/** The tasks of the last execution of a cell. */
interface ICellTasks {
  readonly origin: number;
  readonly counts: Int32Array;
  total: number;
  begin: number;
  end: number;
  /** The row to show: one that failed, or that runs, or the last. */
  row: number;
}

/** Strips under the cells that submitted tasks: how far they are. */
export class CellStrips implements IDisposable {
  /**
   * @param panel returns the notebook, null while it is not open
   * @param show shows a task in the run view
   */
  constructor(
    model: RunModel,
    panel: () => NotebookPanel | null,
    show: (row: number) => void,
    trans: TranslationBundle
  ) {
    this._model = model;
    this._panel = panel;
    this._show = show;
    this._trans = trans;
    model.changed.connect(this._soon, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      window.clearTimeout(this._timer);
      this._model.changed.disconnect(this._soon, this);
      this._strips.forEach(strip => strip.remove());
      this._strips.clear();
    }
  }

  private _soon(): void {
    if (this._timer === 0) {
      this._timer = window.setTimeout(() => {
        this._timer = 0;
        this._update();
      }, UPDATE_EVERY_MS);
    }
  }

  private _update(): void {
    const { table, status } = this._model;
    const tasks = status === 'shown' ? tasksByCell(table) : new Map();
    const seen = new Set<string>();
    for (const widget of this._panel()?.content.widgets ?? []) {
      const { id } = widget.model;
      const own: ICellTasks | undefined = tasks.get(id);
      if (own !== undefined) {
        seen.add(id);
        const strip = this._strips.get(id) ?? this._create(id);
        this._fill(strip, own);
        const input = widget.node.querySelector('.jp-Cell-inputWrapper');
        if (input !== null && strip.previousElementSibling !== input) {
          input.after(strip);
        }
      }
    }
    this._strips.forEach((strip, id) => {
      if (!seen.has(id)) {
        strip.remove();
        this._strips.delete(id);
      }
    });
  }

  private _create(id: string): HTMLElement {
    const strip = document.createElement('div');
    strip.className = 'eflows-Strip';
    strip.dataset['testid'] = 'eflows-strip';
    const bar = document.createElement('div');
    bar.className = 'eflows-Bar';
    bar.setAttribute('aria-hidden', 'true');
    bar.append(...ORDER.map(code => part(code)));
    const chip = document.createElement('button');
    chip.className = 'eflows-Chip';
    chip.title = this._trans.__('Show these tasks in the run view');
    chip.addEventListener('click', () => {
      const own = tasksByCell(this._model.table).get(id);
      if (own !== undefined) {
        this._show(own.row);
      }
    });
    strip.append(bar, chip);
    this._strips.set(id, strip);
    return strip;
  }

  private _fill(strip: HTMLElement, tasks: ICellTasks): void {
    const trans = this._trans;
    ORDER.forEach((code, place) => {
      const one = strip.firstElementChild?.children[place];
      if (one instanceof HTMLElement) {
        const count = tasks.counts[code] ?? 0;
        one.style.flexGrow = String(count);
        one.hidden = count === 0;
      }
    });
    const code = worst(tasks.counts);
    const state = TASK_STATES[code] ?? 'waiting';
    const count =
      code === STATE.done
        ? trans._n('%1 task', '%1 tasks', tasks.total)
        : trans.__(
            '%1 of %2',
            formatCount(tasks.counts[code] ?? 0),
            trans._n('%1 task', '%1 tasks', tasks.total)
          );
    const time =
      tasks.begin < tasks.end
        ? ` · ${formatSeconds(tasks.end - tasks.begin)}`
        : '';
    const text = `${SIGN_TEXT[state]} ${stateLabel(state, trans)}: ${count}${time}`;
    const chip = strip.lastElementChild;
    if (chip !== null && chip.textContent !== text) {
      chip.textContent = text;
    }
    strip.dataset['state'] = state;
  }

  private _isDisposed = false;
  private _model: RunModel;
  private _panel: () => NotebookPanel | null;
  private _show: (row: number) => void;
  private _strips = new Map<string, HTMLElement>();
  private _timer = 0;
  private _trans: TranslationBundle;
}

/** The tasks of the last execution of each cell, by its id. */
export function tasksByCell(table: TaskTable): Map<string, ICellTasks> {
  const last = new Map<string, number>();
  table.cells.forEach((cell, origin) =>
    last.set(cell, Math.max(origin, last.get(cell) ?? -1))
  );
  const byOrigin = new Map<number, ICellTasks>();
  const byCell = new Map<string, ICellTasks>();
  for (let row = 0; row < table.rows; row++) {
    const origin = table.origin[row] ?? -1;
    const cell = table.cells.get(origin);
    if (cell === undefined || last.get(cell) !== origin) {
      continue;
    }
    let tasks = byOrigin.get(origin);
    if (tasks === undefined) {
      tasks = {
        origin,
        counts: new Int32Array(STATE_COUNT),
        total: 0,
        begin: Infinity,
        end: -Infinity,
        row
      };
      byOrigin.set(origin, tasks);
      byCell.set(cell, tasks);
    }
    const state = table.state[row] ?? 0;
    tasks.counts[state] = (tasks.counts[state] ?? 0) + 1;
    tasks.total++;
    const start = table.start[row] ?? 0;
    if (start > 0) {
      tasks.begin = Math.min(tasks.begin, start);
      tasks.end = Math.max(tasks.end, table.endOf(row));
    }
    if (rank(state) >= rank(table.state[tasks.row] ?? 0)) {
      tasks.row = row;
    }
  }
  return byCell;
}

function rank(state: number): number {
  return state === STATE.failed ? 2 : state === STATE.running ? 1 : 0;
}

/** The state that says most about tasks. */
function worst(counts: Int32Array): number {
  const order = [
    STATE.failed,
    STATE.running,
    STATE.ready,
    STATE.waiting,
    STATE.cancelled
  ];
  return order.find(code => (counts[code] ?? 0) > 0) ?? STATE.done;
}

function part(code: number): HTMLElement {
  const element = document.createElement('span');
  element.className = `eflows-mod-task-${TASK_STATES[code] ?? 'waiting'}`;
  return element;
}
