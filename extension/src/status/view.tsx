import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import React from 'react';

import { formatCount } from '../core/format';
import type { ISession } from '../session/protocol';
import type { IEflowsSession } from '../session/tokens';
import { Sign, type SignName } from '../signs/sign';

/** The tasks of the notebook in front, in the status bar. */
export class StatusItem extends ReactWidget {
  /**
   * @param open shows more of them
   */
  constructor(
    session: IEflowsSession,
    open: () => void,
    trans: TranslationBundle
  ) {
    super();
    this._session = session;
    this._open = open;
    this._trans = trans;
    this.addClass('eflows-StatusItem');
  }

  protected render(): JSX.Element {
    const trans = this._trans;
    return (
      <UseSignal signal={this._session.changed}>
        {() => {
          const { status } = this._session;
          if (status.kind !== 'session') {
            return null;
          }
          const text = summary(status.session, trans);
          return (
            <button
              title={trans.__('eFlows: %1. Open the run view', text)}
              onClick={this._open}
              data-testid="eflows-status"
            >
              <Sign name={signOf(status.session)} />
              {text}
            </button>
          );
        }}
      </UseSignal>
    );
  }

  private _open: () => void;
  private _session: IEflowsSession;
  private _trans: TranslationBundle;
}

/** Whether there is something to be told. */
export function isWorthTelling({ status }: IEflowsSession): boolean {
  return (
    status.kind === 'session' &&
    (status.session.cluster !== 'inline' || total(status.session) > 0)
  );
}

function total({ tasks }: ISession): number {
  return Object.values(tasks).reduce((sum, count) => sum + count, 0);
}

function signOf({ state, tasks }: ISession): SignName {
  if (state === 'broken') {
    return 'cluster-broken';
  }
  if (tasks.running > 0) {
    return 'task-running';
  }
  return tasks.failed > 0 ? 'task-failed' : 'task-done';
}

function summary(session: ISession, trans: TranslationBundle): string {
  const { tasks, state, engines, cluster } = session;
  const count = total(session);
  return [
    ...(count > 0
      ? [
          trans.__(
            '%1 of %2 tasks done',
            formatCount(tasks.done + tasks.cached),
            formatCount(count)
          )
        ]
      : [trans.__('no tasks')]),
    ...(tasks.running > 0
      ? [trans.__('%1 running', formatCount(tasks.running))]
      : []),
    ...(tasks.sent > 0 ? [trans.__('%1 sent', formatCount(tasks.sent))] : []),
    ...(tasks.failed > 0
      ? [trans.__('%1 failed', formatCount(tasks.failed))]
      : []),
    ...(state === 'broken'
      ? [trans.__('cluster broken')]
      : cluster === 'inline'
        ? []
        : [trans._n('%1 engine', '%1 engines', engines.length)])
  ].join(' · ');
}
