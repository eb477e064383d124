import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { formatBytes, formatSeconds, oneLine } from '../core/format';
import { ordered } from '../core/order';
import type { TaskTable } from '../core/tasks';
import { stateLabel } from '../session/labels';
import { STATES_IN_ORDER, TASK_STATES } from '../session/protocol';
import type { RunModel } from './model';
import { SIGN_TEXT } from '../signs/text';

const ROW_HEIGHT = 24;
const HEAD_HEIGHT = 25;
const SPARE = 6;
const SORT_EVERY_MS = 1000;

interface IColumn {
  readonly label: string;
  readonly text: (table: TaskTable, row: number) => string;
  readonly key: (table: TaskTable, row: number) => number;
  readonly isNumber: boolean;
}

/** All tasks in rows, of which only those in sight are in the document. */
export class TableWidget extends Widget {
  constructor(model: RunModel, trans: TranslationBundle) {
    super();
    this._model = model;
    this._trans = trans;
    this._columns = columnsOf(trans);
    this.addClass('eflows-Table');
    this.node.setAttribute('role', 'grid');
    this.node.setAttribute('aria-label', trans.__('Tasks'));
    this.node.tabIndex = 0;
    this._head.className = 'eflows-Table-row';
    this._head.setAttribute('role', 'row');
    this._head.setAttribute('aria-rowindex', '1');
    this._room.className = 'eflows-Table-room';
    this._room.setAttribute('role', 'rowgroup');
    const top = document.createElement('div');
    top.className = 'eflows-Table-head';
    top.setAttribute('role', 'rowgroup');
    top.append(this._head);
    this.node.append(top, this._room);
    this._columns.forEach((column, place) => this._addHead(column, place));
    this.node.addEventListener('scroll', () => this.update());
    this.node.addEventListener('keydown', event => this._onKey(event));
    this._room.addEventListener('mousedown', event => this._onPress(event));
    model.changed.connect(this._onChange, this);
    model.revealed.connect(this._onReveal, this);
  }

  override dispose(): void {
    this._model.changed.disconnect(this._onChange, this);
    this._model.revealed.disconnect(this._onReveal, this);
    window.clearTimeout(this._timer);
    super.dispose();
  }

  protected override onAfterShow(_: Message): void {
    this._order();
    this.update();
  }

  protected override onResize(_: Widget.ResizeMessage): void {
    this.update();
  }

  protected override onUpdateRequest(_: Message): void {
    if (!this.isVisible) {
      return;
    }
    const rows = this._rows.length;
    this.node.setAttribute('aria-rowcount', String(rows + 1));
    this._room.style.height = `${rows * ROW_HEIGHT}px`;
    const seen = Math.ceil(this._height / ROW_HEIGHT);
    const first = Math.max(
      0,
      Math.floor(this.node.scrollTop / ROW_HEIGHT) - SPARE
    );
    const end = Math.min(rows, first + seen + 2 * SPARE);
    const lines = this._lines;
    while (lines.length < end - first) {
      lines.push(this._newLine());
    }
    while (lines.length > end - first) {
      lines.pop()?.remove();
    }
    let active = '';
    lines.forEach((line, place) => {
      this._fill(line, first + place);
      if (line.getAttribute('aria-selected') === 'true') {
        active = line.id;
      }
    });
    if (active === '') {
      this.node.removeAttribute('aria-activedescendant');
    } else {
      this.node.setAttribute('aria-activedescendant', active);
    }
  }

  private _addHead(column: IColumn, place: number): void {
    const cell = document.createElement('div');
    cell.setAttribute('role', 'columnheader');
    cell.setAttribute('aria-sort', 'none');
    cell.className = column.isNumber ? 'eflows-mod-number' : '';
    const button = document.createElement('button');
    button.textContent = column.label;
    button.addEventListener('click', () => this._sortBy(place));
    cell.append(button);
    this._head.append(cell);
    if (place === 0) {
      cell.setAttribute('aria-sort', 'ascending');
    }
  }

  private _sortBy(place: number): void {
    this._descending = place === this._sorted ? !this._descending : false;
    this._sorted = place;
    [...this._head.children].forEach((cell, index) => {
      const order = this._descending ? 'descending' : 'ascending';
      cell.setAttribute('aria-sort', index === place ? order : 'none');
    });
    this._order();
    this.update();
  }

  /** Find the rows to show, in their order. */
  private _order(): void {
    const { table, marks } = this._model;
    const column = this._columns[this._sorted];
    let rows = marks.found?.slice() ?? allRows(table.rows);
    if (this._sorted > 0 && column !== undefined) {
      rows = ordered(rows, row => column.key(table, row));
    }
    this._ordered = table.rows;
    this._rows = this._descending ? rows.reverse() : rows;
  }

  private _onChange(): void {
    if (!this.isVisible) {
      return;
    }
    // The order of a hundred thousand rows is not looked for with each change.
    const { query, table } = this._model;
    const now =
      query !== this._query ||
      (this._sorted === 0 && query === '' && table.rows !== this._ordered);
    this._query = this._model.query;
    if (now) {
      this._order();
    } else if (this._timer === 0 && (this._sorted > 0 || query !== '')) {
      this._timer = window.setTimeout(() => {
        this._timer = 0;
        this._order();
        this.update();
      }, SORT_EVERY_MS);
    }
    this.update();
  }

  private _onReveal(_: RunModel, row: number): void {
    const place = this._rows.indexOf(row);
    if (place < 0 || !this.isVisible) {
      return;
    }
    const top = place * ROW_HEIGHT;
    const { scrollTop } = this.node;
    if (top < scrollTop || top + ROW_HEIGHT > scrollTop + this._height) {
      this.node.scrollTop = top - this._height / 2;
    }
    this.update();
  }

  /** Room for rows, in pixels. */
  private get _height(): number {
    return Math.max(ROW_HEIGHT, this.node.clientHeight - HEAD_HEIGHT);
  }

  private _newLine(): HTMLElement {
    const line = document.createElement('div');
    line.className = 'eflows-Table-row';
    line.id = `${this.id || 'eflows-table'}-${this._made++}`;
    line.setAttribute('role', 'row');
    for (const column of this._columns) {
      const cell = document.createElement('div');
      cell.setAttribute('role', 'gridcell');
      cell.className = column.isNumber ? 'eflows-mod-number' : '';
      line.append(cell);
    }
    this._room.append(line);
    return line;
  }

  private _fill(line: HTMLElement, place: number): void {
    const { table, selected } = this._model;
    const row = this._rows[place] ?? 0;
    line.style.transform = `translateY(${place * ROW_HEIGHT}px)`;
    line.dataset['row'] = String(row);
    line.setAttribute('aria-rowindex', String(place + 2));
    line.setAttribute('aria-selected', String(row === selected));
    line.classList.toggle('eflows-mod-odd', place % 2 === 1);
    this._columns.forEach((column, index) => {
      const cell = line.children[index];
      const text = column.text(table, row);
      if (cell !== undefined && cell.textContent !== text) {
        cell.textContent = text;
      }
    });
    const state = TASK_STATES[table.state[row] ?? 0] ?? 'waiting';
    const cell = line.children[2];
    if (cell !== undefined) {
      cell.className = `eflows-mod-task-${state}`;
      cell.setAttribute('data-sign', SIGN_TEXT[state]);
      cell.setAttribute('aria-label', stateLabel(state, this._trans));
    }
  }

  private _onPress(event: MouseEvent): void {
    const target = event.target;
    const line =
      target instanceof Element
        ? target.closest<HTMLElement>('[data-row]')
        : null;
    if (line !== null) {
      this._model.select(Number(line.dataset['row']));
    }
  }

  private _onKey(event: KeyboardEvent): void {
    const page = Math.floor(this._height / ROW_HEIGHT);
    const steps: Record<string, number> = {
      ArrowUp: -1,
      ArrowDown: 1,
      PageUp: -page,
      PageDown: page,
      Home: -Infinity,
      End: Infinity
    };
    const step = steps[event.key];
    if (step !== undefined && this._rows.length > 0) {
      const place = this._rows.indexOf(this._model.selected) + step;
      const last = this._rows.length - 1;
      const row = this._rows[Math.min(Math.max(place, 0), last)] ?? -1;
      this._model.select(row, { reveal: true });
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private _columns: readonly IColumn[];
  private _descending = false;
  private _head = document.createElement('div');
  private _lines: HTMLElement[] = [];
  private _made = 0;
  private _model: RunModel;
  private _ordered = 0;
  private _query = '';
  private _room = document.createElement('div');
  private _rows: Int32Array = new Int32Array(0);
  private _sorted = 0;
  private _timer = 0;
  private _trans: TranslationBundle;
}

function allRows(count: number): Int32Array {
  const rows = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    rows[row] = row; // ten times as fast as Int32Array.from
  }
  return rows;
}

function columnsOf(trans: TranslationBundle): readonly IColumn[] {
  return [
    {
      label: trans.__('Task'),
      text: (table, row) => String(table.task[row] ?? ''),
      key: (_, row) => row,
      isNumber: true
    },
    {
      label: trans.__('Function'),
      text: (table, row) => oneLine(table.nameOf(row), 200),
      key: (table, row) => table.function[row] ?? 0,
      isNumber: false
    },
    {
      label: trans.__('State'),
      text: (table, row) =>
        stateLabel(TASK_STATES[table.state[row] ?? 0] ?? 'waiting', trans),
      key: (table, row) =>
        STATES_IN_ORDER.indexOf(TASK_STATES[table.state[row] ?? 0] ?? 'done'),
      isNumber: false
    },
    {
      label: trans.__('Engine'),
      text: (table, row) => {
        const engine = table.engine[row] ?? -1;
        return engine < 0 ? '' : String(engine);
      },
      key: (table, row) => table.engine[row] ?? -1,
      isNumber: true
    },
    {
      label: trans.__('Started'),
      text: (table, row) => {
        const start = table.startOf(row);
        return start > 0
          ? formatSeconds(start - (table.submitted[0] ?? 0))
          : '';
      },
      key: (table, row) => table.startOf(row) || Infinity,
      isNumber: true
    },
    {
      label: trans.__('Duration'),
      text: (table, row) => {
        const start = table.startOf(row);
        return start > 0 ? formatSeconds(table.endOf(row) - start) : '';
      },
      key: (table, row) => {
        const start = table.startOf(row);
        return start > 0 ? table.endOf(row) - start : -1;
      },
      isNumber: true
    },
    {
      label: trans.__('Result'),
      text: (table, row) => {
        const size = table.size[row] ?? 0;
        return size > 0 ? formatBytes(size) : '';
      },
      key: (table, row) => table.size[row] ?? 0,
      isNumber: true
    },
    {
      label: trans.__('Memory'),
      text: (table, row) => {
        const memory = table.memory[row] ?? 0;
        return memory > 0 ? formatBytes(memory) : '';
      },
      key: (table, row) => table.memory[row] ?? 0,
      isNumber: true
    }
  ];
}
