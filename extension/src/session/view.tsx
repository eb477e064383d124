import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { formatCount, oneLine } from '../core/format';
import { Section } from '../panel/section';
import { Sign } from '../signs/sign';
import { EngineControls } from './controls';
import { EngineTable } from './engine-table';
import type { IControls } from './form-parts';
import { stateHint, stateLabel } from './labels';
import type { SessionStatus } from './model';
import {
  BAR_ORDER,
  STATES_IN_ORDER,
  TASK_STATES,
  type ClusterState,
  type ISession
} from './protocol';
import { StartForm } from './start-form';
import type { IEflowsSession } from './tokens';

const WAITING_LIMIT = 500;

/** The code that an empty panel teaches. */
export const START_CODE = 'import eflows_nb as ef\n\nef.start(engines=2)';

/** The section "This notebook" of the side panel. */
export class SessionSection extends Section {
  /**
   * @param controls starts, scales and stops the engines
   * @param insert writes `START_CODE` into the current notebook
   */
  constructor(
    session: IEflowsSession,
    controls: IControls,
    insert: () => void,
    trans: TranslationBundle
  ) {
    super({
      id: 'eflows-nb-session',
      label: trans.__('This notebook'),
      caption: trans.__('Engines and tasks of the current notebook'),
      changes: [session.changed, controls.changed]
    });
    this._session = session;
    this._controls = controls;
    this._insert = insert;
    this._trans = trans;
  }

  protected render(): JSX.Element {
    return (
      <Status
        status={this._session.status}
        controls={this._controls}
        insert={this._insert}
        trans={this._trans}
      />
    );
  }

  private _controls: IControls;
  private _insert: () => void;
  private _session: IEflowsSession;
  private _trans: TranslationBundle;
}

function Status(props: {
  status: SessionStatus;
  controls: IControls;
  insert: () => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { status, trans } = props;
  switch (status.kind) {
    case 'no-notebook':
      return (
        <p className="eflows-Empty" data-testid="eflows-empty">
          {trans.__(
            'Open a notebook, and its engines and tasks are shown here while it runs.'
          )}
        </p>
      );
    case 'no-kernel':
      return (
        <p className="eflows-Empty" data-testid="eflows-empty">
          {trans.__(
            '%1 has no kernel. Choose one to run it, and its engines and tasks are shown here.',
            status.notebook
          )}
        </p>
      );
    case 'shared-kernel':
      return (
        <p className="eflows-Empty" data-testid="eflows-empty">
          {trans.__(
            '%1 shares its kernel with a notebook that was opened before, which shows their engines and tasks. To see them here, close both and open this one first.',
            status.notebook
          )}
        </p>
      );
    case 'no-session':
      return <Lesson {...props} notebook={status.notebook} />;
    case 'other-version':
      return (
        <p className="eflows-Empty" role="alert">
          {trans.__(
            'The kernel of %1 runs another version of eflows-nb than this page (its messages have version %2). Install the same version for both, restart the kernel and reload the page.',
            status.notebook,
            String(status.version)
          )}
        </p>
      );
    case 'session':
      return (
        <Session
          notebook={status.notebook}
          session={status.session}
          controls={props.controls}
          trans={trans}
        />
      );
  }
}

function Lesson(props: {
  notebook: string;
  controls: IControls;
  insert: () => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { trans } = props;
  return (
    <div className="eflows-Empty" data-testid="eflows-empty">
      <p>
        {trans.__(
          '%1 has not started any engines or tasks yet.',
          props.notebook
        )}
      </p>
      <StartForm controls={props.controls} trans={trans} />
      <p>
        {trans.__(
          'Or run a cell like this one, and the notebook starts them wherever it runs:'
        )}
      </p>
      <pre className="eflows-Code">{START_CODE}</pre>
      <button
        className="jp-mod-styled eflows-Button"
        onClick={props.insert}
        data-testid="eflows-insert"
      >
        {trans.__('Insert this cell')}
      </button>
    </div>
  );
}

function Session(props: {
  notebook: string;
  session: ISession;
  controls: IControls;
  trans: TranslationBundle;
}): JSX.Element {
  const { session, trans } = props;
  return (
    <div className="eflows-Session" data-testid="eflows-session">
      <div className="eflows-Notebook" title={props.notebook}>
        {props.notebook}
      </div>
      <div className="eflows-State" role="status">
        <Sign name={`cluster-${session.state}`} />
        <span data-testid="eflows-state">
          {clusterStateLabel(session.state, trans)}
        </span>
        {session.cluster !== 'inline' && (
          <span className="eflows-Secondary" data-testid="eflows-engines">
            {trans.__(
              '%1 of %2 engines (%3)',
              session.engines.length,
              session.requested,
              session.cluster
            )}
          </span>
        )}
      </div>
      {session.reason !== '' && (
        <p className="eflows-Reason" role="alert" data-testid="eflows-reason">
          {session.reason}
        </p>
      )}
      <Tasks tasks={session.tasks} trans={trans} />
      {session.waiting !== '' && (
        // Not a live region: it changes as often as tasks begin.
        <p className="eflows-Waiting" data-testid="eflows-backlog">
          <Sign name="task-waiting" />
          <span>{oneLine(session.waiting, WAITING_LIMIT)}</span>
        </p>
      )}
      {session.cluster === 'inline' ? (
        <p className="eflows-Secondary">
          {trans.__('No engines: tasks run in the kernel, one after another.')}
        </p>
      ) : (
        session.requested > 0 && (
          <EngineTable
            session={session}
            machine={props.controls.machine}
            trans={trans}
          />
        )
      )}
      <EngineControls
        session={session}
        controls={props.controls}
        trans={trans}
      />
    </div>
  );
}

function Tasks(props: {
  tasks: ISession['tasks'];
  trans: TranslationBundle;
}): JSX.Element {
  const { tasks, trans } = props;
  const total = TASK_STATES.reduce((sum, state) => sum + tasks[state], 0);
  if (total === 0) {
    return (
      <p className="eflows-Secondary">
        {trans.__('No tasks yet. Calling a task function submits one.')}
      </p>
    );
  }
  return (
    <>
      <h3 className="eflows-Heading">
        {trans._n('%1 task', '%1 tasks', total)}
      </h3>
      <div className="eflows-Bar" aria-hidden="true">
        {BAR_ORDER.filter(state => tasks[state] > 0).map(state => (
          <span
            key={state}
            className={`eflows-mod-task-${state}`}
            style={{ flexGrow: tasks[state] }}
          />
        ))}
      </div>
      <dl className="eflows-Counts">
        {STATES_IN_ORDER.map(state => (
          <div
            key={state}
            className={tasks[state] === 0 ? 'eflows-mod-zero' : ''}
            title={stateHint(state, trans)}
          >
            <dt>
              <Sign name={`task-${state}`} />
              {stateLabel(state, trans)}
            </dt>
            <dd data-testid={`eflows-${state}`}>{formatCount(tasks[state])}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function clusterStateLabel(
  state: ClusterState,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'starting':
      return trans.__('Starting');
    case 'ready':
      return trans.__('Ready');
    case 'stopped':
      return trans.__('Stopped');
    case 'broken':
      return trans.__('Broken');
  }
}
