import type { TranslationBundle } from '@jupyterlab/translation';

import { formatCount, formatSeconds, oneLine } from '../core/format';
import { stateLabel } from '../session/labels';
import { BAR_ORDER, type TaskState } from '../session/protocol';
import { SIGN_TEXT } from '../signs/text';
import type { ICellFacts } from './protocol';
import {
  countOf,
  hasFailed,
  isAtWork,
  totalOf,
  type Staleness
} from './relations';

const NAME_LENGTH = 24;

/** What a strip shows. */
export interface IStripContent {
  readonly facts: ICellFacts;
  readonly stale: Staleness | undefined;
  /** Seconds since the session began. */
  readonly now: number;
  /** Kind of the cluster that is there now, empty without one. */
  readonly cluster: string;
}

/** What can be done with a strip. */
export interface IStripActions {
  /** Show the tasks of the cell. */
  show(): void;
  retry(): void;
  cancel(): void;
}

/** The state of a cell's tasks below its code: a bar, a chip, and what can be done. */
export class Strip {
  readonly node = document.createElement('div');

  constructor(actions: IStripActions, trans: TranslationBundle) {
    this._trans = trans;
    this.node.className = 'eflows-Strip';
    this.node.dataset['testid'] = 'eflows-strip';
    this._bar.className = 'eflows-Bar';
    this._bar.setAttribute('aria-hidden', 'true');
    this._bar.append(...this._parts);
    this._chip.className = 'eflows-Chip';
    this._chip.dataset['testid'] = 'eflows-chip';
    this._stale.className = 'eflows-Stale';
    this._stale.dataset['testid'] = 'eflows-stale';
    this._retry.textContent = trans.__('Retry');
    this._retry.title = trans.__(
      'Run this cell, as it is written now, and the cells that have no result because of it'
    );
    this._cancel.textContent = trans.__('Cancel');
    this._cancel.title = trans.__('Cancel the tasks of this cell');
    for (const [button, action, name] of [
      [this._chip, actions.show, 'chip'],
      [this._retry, actions.retry, 'retry'],
      [this._cancel, actions.cancel, 'cancel']
    ] as const) {
      button.type = 'button';
      button.dataset['testid'] = `eflows-cell-${name}`;
      button.addEventListener('click', action);
    }
    this._retry.className = this._cancel.className = 'eflows-Strip-action';
    this.node.append(
      this._bar,
      this._stale,
      this._chip,
      this._cancel,
      this._retry
    );
  }

  update(content: IStripContent): void {
    const { facts, stale } = content;
    BAR_ORDER.forEach((state, place) => {
      const part = this._parts[place];
      const count = countOf(facts, state);
      if (part !== undefined) {
        part.style.flexGrow = String(count);
        part.hidden = count === 0;
      }
    });
    setText(this._chip, this._chipText(content));
    this._chip.title = this._hint(facts);
    // Where nothing came of it, only its own code is worth a word.
    const told = hasFailed(facts) && stale !== 'edited' ? undefined : stale;
    setText(this._stale, told === undefined ? '' : this._staleText(told));
    this._stale.hidden = told === undefined;
    this._retry.hidden = !hasFailed(facts) || isAtWork(facts);
    this._cancel.hidden = !isAtWork(facts);
    this.node.dataset['state'] = stateOf(facts);
  }

  private _chipText(content: IStripContent): string {
    const { facts, now, cluster } = content;
    const trans = this._trans;
    const total = totalOf(facts);
    if (total === 0) {
      return facts.ended === 'refused'
        ? `${SIGN_TEXT.cancelled} ${trans.__('Not run')}`
        : trans.__('No tasks');
    }
    const state = stateOf(facts);
    const all = trans._n('%1 task', '%1 tasks', total);
    const count = countOf(facts, state);
    const shown =
      count === total ? all : trans.__('%1 of %2', formatCount(count), all);
    const names = oneLine(facts.functions.join(', '), NAME_LENGTH);
    const end = isAtWork(facts) ? now : facts.end;
    const time = facts.begin >= 0 ? formatSeconds(end - facts.begin) : '';
    const place = facts.cluster || (isAtWork(facts) ? cluster : '');
    const where = this._placeText(place);
    const about = [`${stateLabel(state, trans)}: ${shown}`, time, where];
    return `${SIGN_TEXT[state]} ${[names, ...about].filter(text => text !== '').join(' · ')}`;
  }

  /** Where the tasks of a cell run or ran, whatever engines there are now. */
  private _placeText(cluster: string): string {
    const trans = this._trans;
    switch (cluster) {
      case '':
        return '';
      case 'inline':
        return trans.__('in the kernel');
      case 'local':
        return trans.__('on engines');
      default:
        return trans.__('on engines (%1)', cluster);
    }
  }

  private _hint(facts: ICellFacts): string {
    const trans = this._trans;
    const reads = facts.reads.length > 0 ? facts.reads.join(', ') : '–';
    const binds = facts.binds.length > 0 ? facts.binds.join(', ') : '–';
    return [
      trans.__('Show these tasks in the run view'),
      oneLine(trans.__('Reads: %1', reads), 200),
      oneLine(trans.__('Gives: %1', binds), 200)
    ].join('\n');
  }

  private _staleText(stale: Staleness): string {
    const trans = this._trans;
    switch (stale) {
      case 'edited':
        return trans.__('≠ Edited since it ran');
      case 'inputs':
        return trans.__('≠ What it reads has changed since');
      case 'upstream':
        return trans.__('≠ Reads from a cell that is out of date');
    }
  }

  private _bar = document.createElement('div');
  private _cancel = document.createElement('button');
  private _chip = document.createElement('button');
  private _parts = BAR_ORDER.map(part);
  private _retry = document.createElement('button');
  private _stale = document.createElement('span');
  private _trans: TranslationBundle;
}

/** The state that says most about the tasks of a cell. */
function stateOf(facts: ICellFacts): TaskState {
  const order: readonly TaskState[] = [
    'failed',
    'running',
    'sent',
    'ready',
    'waiting',
    'cancelled'
  ];
  const isCached = countOf(facts, 'done') === 0 && countOf(facts, 'cached') > 0;
  const rest = isCached ? 'cached' : 'done';
  return order.find(state => countOf(facts, state) > 0) ?? rest;
}

function part(state: TaskState): HTMLElement {
  const element = document.createElement('span');
  element.className = `eflows-mod-task-${state}`;
  return element;
}

/** Leave the document alone where nothing changes. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
