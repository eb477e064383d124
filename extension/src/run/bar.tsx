import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { ISignal } from '@lumino/signaling';
import React from 'react';

import { formatCount } from '../core/format';
import { STATE } from '../core/tasks';
import { stateHint, stateLabel } from '../session/labels';
import { STATES_IN_ORDER, TASK_STATES } from '../session/protocol';
import { Sign } from '../signs/sign';
import type { RunModel } from './model';

/** The parts of a run view that can be shown and hidden. */
export const PARTS = ['functions', 'tasks', 'timeline', 'table'] as const;
export type Part = (typeof PARTS)[number];

/** What the bar of a run view works. */
export interface IBarActions {
  readonly changed: ISignal<IBarActions, void>;
  shows(part: Part): boolean;
  toggle(part: Part): void;
  fit(): void;
  exportSvg(): void;
  exportTrace(): void;
}

/** The bar above a run view. */
export class Bar extends ReactWidget {
  constructor(model: RunModel, actions: IBarActions, trans: TranslationBundle) {
    super();
    this._model = model;
    this._actions = actions;
    this._trans = trans;
    this.addClass('eflows-Bar-widget');
    this.node.setAttribute('role', 'toolbar');
    this.node.setAttribute('aria-label', trans.__('Run view'));
  }

  protected render(): JSX.Element {
    const { _model: model, _actions: actions, _trans: trans } = this;
    return (
      <UseSignal signal={actions.changed}>
        {() => (
          <>
            <Views actions={actions} trans={trans} />
            <UseSignal signal={model.changed}>
              {() => <Finder model={model} actions={actions} trans={trans} />}
            </UseSignal>
            <span className="eflows-Ends">
              <button
                className="eflows-Tool"
                title={trans.__('Save what is seen of the graph as SVG')}
                onClick={() => actions.exportSvg()}
                data-testid="eflows-export-svg"
              >
                {trans.__('Save SVG')}
              </button>
              <button
                className="eflows-Tool"
                title={trans.__('Save the run as a trace for Perfetto')}
                onClick={() => actions.exportTrace()}
                data-testid="eflows-export-trace"
              >
                {trans.__('Save trace')}
              </button>
            </span>
          </>
        )}
      </UseSignal>
    );
  }

  private _actions: IBarActions;
  private _model: RunModel;
  private _trans: TranslationBundle;
}

function Views(props: {
  actions: IBarActions;
  trans: TranslationBundle;
}): JSX.Element {
  const { actions, trans } = props;
  const labels: Readonly<Record<Part, string>> = {
    functions: trans.__('Functions'),
    tasks: trans.__('Tasks'),
    timeline: trans.__('Timeline'),
    table: trans.__('Table')
  };
  return (
    <span className="eflows-Views" role="group" aria-label={trans.__('Show')}>
      {PARTS.map(part => (
        <button
          key={part}
          className="eflows-Tool"
          aria-pressed={actions.shows(part)}
          onClick={() => actions.toggle(part)}
          data-testid={`eflows-view-${part}`}
        >
          {labels[part]}
        </button>
      ))}
    </span>
  );
}

function Finder(props: {
  model: RunModel;
  actions: IBarActions;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, trans } = props;
  const failed = model.table.counts[STATE.failed] ?? 0;
  return (
    <>
      <button
        className="eflows-Tool"
        aria-pressed={model.showsCritical}
        title={trans.__('Mark the chain of tasks that took longest')}
        onClick={() => model.showCritical(!model.showsCritical)}
        data-testid="eflows-critical"
      >
        {trans.__('Critical path')}
      </button>
      <button className="eflows-Tool" onClick={() => props.actions.fit()}>
        {trans.__('See all')}
      </button>
      <input
        className="eflows-Find"
        type="search"
        placeholder={trans.__('Name, #number, state')}
        aria-label={trans.__('Find tasks by name, number or state')}
        defaultValue={model.query}
        onChange={event => model.find(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            model.findNext(event.shiftKey ? -1 : 1);
          }
        }}
        data-testid="eflows-find"
      />
      {model.query !== '' && (
        <span
          className="eflows-Secondary"
          role="status"
          data-testid="eflows-found"
        >
          {trans.__('%1 found', formatCount(model.found.length))}
        </span>
      )}
      {failed > 0 && (
        <button
          className="eflows-Tool"
          onClick={() => model.nextError()}
          data-testid="eflows-next-error"
        >
          <Sign name="task-failed" />
          {trans.__('Next error')}
        </button>
      )}
    </>
  );
}

/** The number of tasks in each state, and in words what is selected. */
export class Legend extends ReactWidget {
  constructor(model: RunModel, trans: TranslationBundle) {
    super();
    this._model = model;
    this._trans = trans;
    this.addClass('eflows-Legend');
  }

  protected render(): JSX.Element {
    const { _model: model, _trans: trans } = this;
    return (
      <UseSignal signal={model.changed}>
        {() => (
          <>
            {STATES_IN_ORDER.map(state => (
              <span
                key={state}
                className={
                  model.table.counts[STATE[state]] === 0
                    ? 'eflows-mod-zero'
                    : ''
                }
                title={stateHint(state, trans)}
              >
                <Sign name={`task-${state}`} />
                {stateLabel(state, trans)}{' '}
                <b data-testid={`eflows-run-${state}`}>
                  {formatCount(model.table.counts[STATE[state]] ?? 0)}
                </b>
              </span>
            ))}
            <span className="eflows-Spoken" aria-live="polite">
              {this._spoken()}
            </span>
          </>
        )}
      </UseSignal>
    );
  }

  private _spoken(): string {
    const { table, selected } = this._model;
    if (selected < 0) {
      return '';
    }
    const state = TASK_STATES[table.state[selected] ?? 0] ?? 'waiting';
    return this._trans.__(
      'Task %1, %2, %3',
      String(table.task[selected] ?? ''),
      table.nameOf(selected),
      stateLabel(state, this._trans)
    );
  }

  private _model: RunModel;
  private _trans: TranslationBundle;
}
