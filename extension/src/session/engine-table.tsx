import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { formatLoad } from '../clusters/amounts';
import type { IEflowsMachine } from '../clusters/tokens';
import { formatBytes, formatCount } from '../core/format';
import { Sign } from '../signs/sign';
import type { IEngine, ISession } from './protocol';

/** The engines of a session: what they hold, have finished and use. */
export function EngineTable(props: {
  session: ISession;
  machine: IEflowsMachine | null;
  trans: TranslationBundle;
}): JSX.Element {
  const { session, machine, trans } = props;
  const engines = inOrder(session.engines);
  const uses = engines.map(
    ({ host, pid }) => machine?.usageOf(host, pid) ?? null
  );
  const measured = uses.some(use => use !== null);
  const gpus = uses.some(use => (use?.gpu_memory ?? null) !== null);
  const hosts = new Set(engines.map(({ host }) => host));
  const coming =
    session.state === 'starting' ? session.requested - engines.length : 0;
  return (
    <>
      <table className="eflows-Engines" aria-label={trans.__('Engines')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Engine')}</th>
            {hosts.size > 1 && <th scope="col">{trans.__('Host')}</th>}
            {measured && (
              <>
                <th scope="col" title={trans.__('Of one core')}>
                  {trans.__('CPU')}
                </th>
                <th scope="col" title={trans.__('Resident memory')}>
                  {trans.__('Memory')}
                </th>
              </>
            )}
            {gpus && (
              <th scope="col" title={trans.__('Memory of GPUs')}>
                {trans.__('GPU')}
              </th>
            )}
            <th
              scope="col"
              title={trans.__('Tasks that it has behind the one that it runs')}
            >
              {trans.__('Sent')}
            </th>
            <th scope="col" title={trans.__('Tasks that it has finished')}>
              {trans.__('Done')}
            </th>
          </tr>
        </thead>
        <tbody>
          {engines.map((engine, place) => (
            <tr
              key={engine.engine}
              title={trans.__('Process %1 on %2', engine.pid, engine.host)}
              data-testid="eflows-engine"
            >
              <th scope="row">
                <Sign
                  name={engine.running > 0 ? 'task-running' : 'task-ready'}
                />
                {engine.engine}
                <span className="eflows-Spoken">
                  {engine.running > 0
                    ? trans.__(', runs a task')
                    : trans.__(', has nothing to do')}
                </span>
              </th>
              {hosts.size > 1 && <td>{engine.host}</td>}
              {measured && (
                <>
                  <td data-testid="eflows-cpu">
                    {formatLoad(uses[place]?.cores ?? null)}
                  </td>
                  <td data-testid="eflows-memory">
                    {amount(uses[place]?.memory)}
                  </td>
                </>
              )}
              {gpus && <td>{amount(uses[place]?.gpu_memory)}</td>}
              <td data-testid="eflows-engine-sent">
                {formatCount(engine.sent)}
              </td>
              <td>{formatCount(engine.finished)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {coming > 0 && (
        <p className="eflows-Secondary eflows-Coming">
          <Sign name="cluster-starting" />
          {trans._n(
            '%1 engine has not joined yet',
            '%1 engines have not joined yet',
            coming
          )}
        </p>
      )}
    </>
  );
}

function amount(bytes: number | null | undefined): string {
  return bytes === null || bytes === undefined ? '–' : formatBytes(bytes);
}

/** By number: a snapshot has them as they joined. */
function inOrder(engines: readonly IEngine[]): IEngine[] {
  return [...engines].sort((a, b) => a.engine - b.engine);
}
