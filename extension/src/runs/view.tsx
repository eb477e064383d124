import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { deleteIcon } from '@jupyterlab/ui-components';
import React, { useState } from 'react';

import { formatAge } from '../clusters/amounts';
import { formatBytes, formatSeconds } from '../core/format';
import { Section } from '../panel/section';
import { BAR_ORDER, TASK_STATES } from '../session/protocol';
import { Sign, type SignName } from '../signs/sign';
import { nameOf, type RunsModel } from './model';
import type { IRun } from './protocol';

/** The section "Runs" of the side panel. */
export class RunsSection extends Section {
  /**
   * @param open shows a run
   * @param listed returns how many runs are listed at first
   */
  constructor(
    model: RunsModel,
    open: (run: IRun) => void,
    listed: () => number,
    trans: TranslationBundle
  ) {
    super({
      id: 'eflows-nb-runs',
      label: trans.__('Runs'),
      caption: trans.__(
        'Past and present runs, from the journals below the folder of this server'
      ),
      changes: [model.changed]
    });
    this._model = model;
    this._open = open;
    this._listed = listed;
    this._trans = trans;
    this.addRefresh(trans.__('Look for runs again'), () => model.refresh());
  }

  protected render(): JSX.Element {
    const { _model: model, _trans: trans } = this;
    const remove = (run: IRun): void => {
      void confirmRemoval(run, trans).then(yes => {
        if (yes) {
          void model.remove(run);
        }
      });
    };
    return (
      <Runs
        model={model}
        listed={this._listed()}
        open={this._open}
        remove={remove}
        trans={trans}
      />
    );
  }

  private _listed: () => number;
  private _model: RunsModel;
  private _open: (run: IRun) => void;
  private _trans: TranslationBundle;
}

function Runs(props: {
  model: RunsModel;
  listed: number;
  open: (run: IRun) => void;
  remove: (run: IRun) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, trans } = props;
  const { answer } = model;
  const [all, showAll] = useState(false);
  if (answer === null) {
    return <p className="eflows-Empty">{trans.__('Looking for runs…')}</p>;
  }
  if (answer.kind === 'failed') {
    return (
      <p className="eflows-Empty" role="alert" data-testid="eflows-runs-failed">
        {failure(answer.status, trans)}
      </p>
    );
  }
  if (answer.runs.length === 0) {
    return (
      <p className="eflows-Empty" data-testid="eflows-no-runs">
        {trans.__(
          'No run yet. Each is recorded in a folder .eflows beside its notebook, and can be replayed here.'
        )}
      </p>
    );
  }
  const shown = all ? answer.runs : answer.runs.slice(0, props.listed);
  return (
    <>
      {model.removal >= 400 && (
        <p className="eflows-Reason" role="alert">
          {refusal(model.removal, trans)}
        </p>
      )}
      <ul className="eflows-Runs">
        {shown.map(run => (
          <Run
            key={run.path}
            run={run}
            now={answer.now}
            open={props.open}
            remove={props.remove}
            trans={trans}
          />
        ))}
      </ul>
      {shown.length < answer.runs.length && (
        <button
          className="jp-mod-styled eflows-Button"
          onClick={() => showAll(true)}
          data-testid="eflows-more-runs"
        >
          {trans.__('Show all %1', answer.runs.length)}
        </button>
      )}
      {answer.more > 0 && all && (
        <p className="eflows-Secondary">
          {trans._n(
            '%1 older one is not listed.',
            '%1 older ones are not listed.',
            answer.more
          )}
        </p>
      )}
      {!answer.complete && (
        <p className="eflows-Secondary">
          {trans.__(
            'There are so many folders that not all of them were looked at.'
          )}
        </p>
      )}
    </>
  );
}

function Run(props: {
  run: IRun;
  now: number;
  open: (run: IRun) => void;
  remove: (run: IRun) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { run, trans } = props;
  const name = nameOf(run);
  return (
    <li className="eflows-Past" data-testid="eflows-past-run">
      <button
        className="eflows-Past-open"
        title={details(run, trans)}
        onClick={() => props.open(run)}
      >
        <Sign name={signOf(run)} />
        <span className="eflows-Past-text">
          <span className="eflows-Past-name">{name}</span>
          <span className="eflows-Secondary">
            {trans.__(
              '%1 ago',
              formatAge(Math.max(0, props.now - run.started))
            )}
            {' · '}
            {outcome(run, trans)}
          </span>
          <span className="eflows-Bar" aria-hidden="true">
            {BAR_ORDER.filter(state => run.tasks[state] > 0).map(state => (
              <span
                key={state}
                className={`eflows-mod-task-${state}`}
                style={{ flexGrow: run.tasks[state] }}
              />
            ))}
          </span>
        </span>
      </button>
      {run.state !== 'running' && (
        <button
          className="eflows-IconButton"
          title={trans.__('Delete this journal')}
          aria-label={trans.__('Delete the journal of %1', name)}
          onClick={() => props.remove(run)}
        >
          <deleteIcon.react tag="span" width="14px" />
        </button>
      )}
    </li>
  );
}

function signOf(run: IRun): SignName {
  if (run.problem !== '') {
    return 'cluster-broken';
  }
  switch (run.state) {
    case 'running':
      return 'task-running';
    case 'broken-off':
      return 'task-cancelled';
    case 'ended':
      return run.tasks.failed > 0 ? 'task-failed' : 'task-done';
  }
}

/** In words, since a sign or a colour alone says nothing. */
function outcome(run: IRun, trans: TranslationBundle): string {
  switch (run.problem) {
    case '':
      break;
    case 'damaged':
      return trans.__('damaged at line %1', run.line);
    case 'later-version':
      return trans.__('written by a later release');
    default:
      return trans.__('not a journal');
  }
  const total = TASK_STATES.reduce((sum, state) => sum + run.tasks[state], 0);
  const { failed } = run.tasks;
  return [
    ...(run.state === 'running' ? [trans.__('goes on')] : []),
    ...(run.state === 'broken-off' ? [trans.__('broken off')] : []),
    run.counted
      ? trans._n('%1 task', '%1 tasks', total)
      : trans.__('counting…'),
    ...(failed > 0 ? [trans.__('%1 failed', failed)] : []),
    formatSeconds(run.seconds)
  ].join(' · ');
}

function details(run: IRun, trans: TranslationBundle): string {
  const when = new Date(1000 * run.started).toLocaleString();
  return trans.__(
    '%1\n%2 on %3, %4',
    run.path,
    when,
    run.host || '?',
    formatBytes(run.size)
  );
}

function failure(status: number, trans: TranslationBundle): string {
  switch (status) {
    case 0:
      return trans.__('The server does not answer, so runs are not shown.');
    case 403:
      return trans.__('You may not see the runs on this server.');
    case 404:
      return trans.__(
        'This server does not list runs: its eflows_nb server extension is not enabled, or it keeps no files in a folder.'
      );
    default:
      return trans.__(
        'The server could not list its runs (status %1). Its log says why.',
        status
      );
  }
}

function refusal(status: number, trans: TranslationBundle): string {
  switch (status) {
    case 403:
      return trans.__('You may not delete journals on this server.');
    case 404:
      return trans.__('That journal was gone already.');
    case 409:
      return trans.__(
        'That run goes on, and its journal is still written. Stop its kernel first.'
      );
    default:
      return trans.__(
        'The journal could not be deleted (status %1). The log of the server says why.',
        status
      );
  }
}

async function confirmRemoval(
  run: IRun,
  trans: TranslationBundle
): Promise<boolean> {
  const result = await showDialog({
    title: trans.__('Delete this journal?'),
    body: trans.__(
      '%1 (%2) is deleted. The run can then not be shown any more, nor be summed up. Its notebook and its results stay.',
      nameOf(run),
      run.path
    ),
    // Enter must not delete.
    defaultButton: 0,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Delete') })
    ]
  });
  return result.button.accept;
}
