import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import React from 'react';

import {
  formatBytes,
  formatCount,
  formatSeconds,
  oneLine,
  plain
} from '../core/format';
import { STATE } from '../core/tasks';
import { stateLabel } from '../session/labels';
import { TASK_STATES } from '../session/protocol';
import { Sign } from '../signs/sign';
import type { RunModel } from './model';
import { TaskDetail } from './task-detail';

const NEIGHBOURS = 6;

/** What can be done about a task outside the run view. */
export interface ITaskActions {
  /** Whether the cell that submitted a task is known and there. */
  hasCell(row: number): boolean;
  goToCell(row: number): void;
  /** Whether a cell with a line of a traceback is there. */
  hasLine(cell: string): boolean;
  /** Go to a line of a cell, counted from 1. */
  goToLine(cell: string, line: number): void;
  /**
   * Run the cell that submitted a task again; where the task has no result, also
   * the cells that have none because of it.
   */
  runCell(row: number): void;
}

/** Everything about the selected task, or about the run when none is selected. */
export class Inspector extends ReactWidget {
  constructor(
    model: RunModel,
    actions: ITaskActions,
    trans: TranslationBundle
  ) {
    super();
    this._model = model;
    this._actions = actions;
    this._trans = trans;
    this.addClass('eflows-Inspector');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Selected task'));
    // What is longer than the view can be scrolled by keyboard.
    this.node.tabIndex = 0;
  }

  protected render(): JSX.Element {
    const { _model: model, _actions: actions, _trans: trans } = this;
    return (
      <UseSignal signal={model.changed}>
        {() =>
          model.selected >= 0 ? (
            <Task model={model} actions={actions} trans={trans} />
          ) : (
            <Run model={model} trans={trans} />
          )
        }
      </UseSignal>
    );
  }

  private _actions: ITaskActions;
  private _model: RunModel;
  private _trans: TranslationBundle;
}

interface IFact {
  readonly term: string;
  readonly text: string;
}

function Facts(props: { facts: readonly (IFact | null)[] }): JSX.Element {
  return (
    <dl className="eflows-Facts">
      {props.facts.map(
        fact =>
          fact !== null && (
            <div key={fact.term}>
              <dt>{fact.term}</dt>
              <dd>{fact.text}</dd>
            </div>
          )
      )}
    </dl>
  );
}

function Run(props: {
  model: RunModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, trans } = props;
  const { table } = model;
  const { submitted, begun, ended, busy, critical } = model.totals;
  const wall = Math.max(0, ended - submitted);
  const ran = ended > begun;
  // Until the first task began engines started, which is not the program's doing.
  const startUp = Math.max(0, begun - submitted);
  return (
    <>
      <h3 className="eflows-Inspector-title">{trans.__('This run')}</h3>
      <Facts
        facts={[
          { term: trans.__('Tasks'), text: formatCount(table.rows) },
          {
            term: trans.__('Functions'),
            text: formatCount(table.functions.length)
          },
          {
            term: trans.__('Engines'),
            text: formatCount(table.engines.filter(e => e.left === null).length)
          },
          ran
            ? { term: trans.__('Wall time'), text: formatSeconds(wall) }
            : null,
          ran
            ? { term: trans.__('Task time'), text: formatSeconds(busy) }
            : null,
          ran
            ? {
                term: trans.__('Speed-up'),
                text: `${(busy / (ended - begun)).toFixed(2)} ×`
              }
            : null,
          ran && startUp >= 0.01 * wall
            ? { term: trans.__('Start-up'), text: formatSeconds(startUp) }
            : null,
          ran
            ? {
                term: trans.__('Critical path'),
                text: `${formatSeconds(critical.seconds)}, ${trans._n('%1 task', '%1 tasks', critical.rows.length)}`
              }
            : null
        ]}
      />
      {!table.complete && (
        <p className="eflows-Reason">
          {trans.__(
            'This session keeps no journal, so tasks from before this view was opened are missing.'
          )}
        </p>
      )}
      <p className="eflows-Secondary">
        {trans.__(
          'Choose a task to see what it did. Scroll to zoom, drag to move; with the keyboard: arrows, + and -, 0 to see all.'
        )}
      </p>
    </>
  );
}

function Task(props: {
  model: RunModel;
  actions: ITaskActions;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, actions, trans } = props;
  const { table, selected: row } = model;
  const code = table.state[row] ?? 0;
  const state = TASK_STATES[code] ?? 'waiting';
  const start = table.startOf(row);
  const engine = table.engine[row] ?? -1;
  const host = table.engines.find(one => one.engine === engine)?.host ?? '';
  const size = table.size[row] ?? 0;
  const memory = table.memory[row] ?? 0;
  const origin = table.origin[row] ?? -1;
  const zero = table.submitted[0] ?? 0;
  const onPath = model.showsCritical && model.critical.rows.includes(row);
  return (
    <>
      <h3 className="eflows-Inspector-title" data-testid="eflows-task-name">
        {oneLine(table.nameOf(row), 300)}
        <span className="eflows-Secondary"> #{table.task[row]}</span>
      </h3>
      <div className="eflows-State">
        <Sign name={`task-${state}`} />
        <span data-testid="eflows-task-state">{stateLabel(state, trans)}</span>
        {onPath && (
          <span className="eflows-Secondary">
            {trans.__('on the critical path')}
          </span>
        )}
      </div>
      {code === STATE.failed && (
        <Failure model={model} actions={actions} trans={trans} />
      )}
      {actions.hasCell(row) || model.canCancel(row) ? (
        <div className="eflows-Actions">
          <button
            className="jp-mod-styled eflows-Button"
            disabled={!actions.hasCell(row)}
            onClick={() => actions.goToCell(row)}
            data-testid="eflows-go-to-cell"
          >
            {trans.__('Go to cell')}
          </button>
          {model.canCancel(row) ? (
            <button
              className="jp-mod-styled jp-mod-reject eflows-Button"
              onClick={() => model.cancel([row])}
              data-testid="eflows-cancel"
            >
              {trans.__('Cancel task')}
            </button>
          ) : (
            <AgainButton
              row={row}
              code={code}
              actions={actions}
              trans={trans}
            />
          )}
        </div>
      ) : null}
      {model.notice !== '' && (
        <p className="eflows-Secondary" role="status">
          {model.notice === 'refused'
            ? model.refusal
            : model.notice === 'cancelled'
              ? trans.__('The task was cancelled.')
              : trans.__('The task had ended already.')}
        </p>
      )}
      <Facts
        facts={[
          engine >= 0
            ? {
                term: trans.__('Engine'),
                text: host === '' ? `${engine}` : `${engine} · ${host}`
              }
            : null,
          {
            term: trans.__('Submitted'),
            text: formatSeconds((table.submitted[row] ?? 0) - zero)
          },
          code === STATE.sent
            ? {
                term: trans.__('Started'),
                text: trans._n(
                  'not yet: its engine has %1 task before it',
                  'not yet: its engine has %1 tasks before it',
                  table.aheadOf(row)
                )
              }
            : null,
          start > 0
            ? { term: trans.__('Started'), text: formatSeconds(start - zero) }
            : null,
          start > 0
            ? {
                term:
                  code === STATE.running
                    ? trans.__('Running for')
                    : trans.__('Duration'),
                text: formatSeconds(table.endOf(row) - start)
              }
            : null,
          size > 0
            ? { term: trans.__('Result'), text: formatBytes(size) }
            : null,
          memory > 0
            ? {
                term: trans.__('Memory of its engine'),
                text: formatBytes(memory)
              }
            : null,
          origin >= 0
            ? { term: trans.__('Cell execution'), text: String(origin) }
            : null
        ]}
      />
      <TaskDetail model={model} trans={trans} />
      <Neighbours
        title={trans.__('Reads from')}
        rows={[...table.parentsOf(row)]}
        model={model}
      />
      <Neighbours
        title={trans.__('Read by')}
        rows={table.childrenOf(row)}
        model={model}
      />
    </>
  );
}

/** Retry for a task without a result, and otherwise only its cell once more. */
function AgainButton(props: {
  row: number;
  code: number;
  actions: ITaskActions;
  trans: TranslationBundle;
}): JSX.Element {
  const { row, code, actions, trans } = props;
  const failed = code === STATE.failed || code === STATE.cancelled;
  return (
    <button
      className="jp-mod-styled eflows-Button"
      disabled={!actions.hasCell(row)}
      title={
        failed
          ? trans.__(
              'Run the cell that submitted this task, as it is written now, and the cells that have no result because of it'
            )
          : trans.__('Run the cell that submitted this task once more')
      }
      onClick={() => actions.runCell(row)}
      data-testid={failed ? 'eflows-retry' : 'eflows-run-again'}
    >
      {failed ? trans.__('Retry') : trans.__('Run cell again')}
    </button>
  );
}

function Neighbours(props: {
  title: string;
  rows: readonly number[];
  model: RunModel;
}): JSX.Element | null {
  const { title, rows, model } = props;
  const { table } = model;
  if (rows.length === 0) {
    return null;
  }
  return (
    <div className="eflows-Neighbours">
      <h4>
        {title}
        {rows.length > 1 && ` (${formatCount(rows.length)})`}
      </h4>
      <ul>
        {rows.slice(0, NEIGHBOURS).map(row => (
          <li key={row}>
            <button onClick={() => model.select(row, { reveal: true })}>
              <Sign
                name={`task-${TASK_STATES[table.state[row] ?? 0] ?? 'waiting'}`}
              />
              {oneLine(table.nameOf(row), 60)} #{table.task[row]}
            </button>
          </li>
        ))}
        {rows.length > NEIGHBOURS && (
          <li className="eflows-Secondary">
            {`+ ${formatCount(rows.length - NEIGHBOURS)}`}
          </li>
        )}
      </ul>
    </div>
  );
}

function Failure(props: {
  model: RunModel;
  actions: ITaskActions;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, actions, trans } = props;
  const { table, selected, detail } = model;
  const error = table.errors.get(table.task[selected] ?? -1) ?? '';
  return (
    <>
      <p className="eflows-Reason" data-testid="eflows-error">
        {detail?.error || error || trans.__('Its error was not kept.')}
      </p>
      {detail !== null && actions.hasLine(detail.cell) && (
        <button
          className="jp-mod-styled eflows-Button eflows-Place"
          onClick={() => actions.goToLine(detail.cell, detail.line)}
          title={trans.__('Show the line of the notebook that raised it')}
          data-testid="eflows-go-to-line"
        >
          {trans.__('Go to line %1 of its cell', detail.line)}
        </button>
      )}
      {detail !== null && detail.traceback !== '' && (
        <pre
          className="eflows-Traceback"
          tabIndex={0}
          aria-label={trans.__('Traceback')}
          data-testid="eflows-traceback"
        >
          {plain(detail.traceback)}
        </pre>
      )}
    </>
  );
}
