import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { formatBytes } from '../core/format';
import { Section } from '../panel/section';
import { Sign } from '../signs/sign';
import { formatAge, formatCores } from './amounts';
import type { ClustersModel } from './model';
import type { ICluster } from './protocol';

/** The section "Clusters on this server" of the side panel. */
export class ClustersSection extends Section {
  /**
   * @param open brings the notebook of a path to the front
   */
  constructor(
    model: ClustersModel,
    open: (path: string) => void,
    trans: TranslationBundle
  ) {
    super({
      id: 'eflows-nb-clusters',
      label: trans.__('Clusters on this server'),
      caption: trans.__(
        'Controllers and engines that eFlows runs on the machine of this server'
      ),
      changes: [model.changed]
    });
    this._model = model;
    this._open = open;
    this._trans = trans;
    this.addRefresh(trans.__('Look again'), () => model.refresh());
  }

  protected render(): JSX.Element {
    const { _model: model, _trans: trans } = this;
    const stop = (cluster: ICluster): void => {
      void confirmStop(cluster, trans).then(yes => {
        if (yes) {
          void model.stop(cluster.id);
        }
      });
    };
    return (
      <Clusters model={model} open={this._open} stop={stop} trans={trans} />
    );
  }

  private _model: ClustersModel;
  private _open: (path: string) => void;
  private _trans: TranslationBundle;
}

function Clusters(props: {
  model: ClustersModel;
  open: (path: string) => void;
  stop: (cluster: ICluster) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, trans } = props;
  const { answer, unstopped } = model;
  if (answer === null) {
    return <p className="eflows-Empty">{trans.__('Looking for clusters…')}</p>;
  }
  if (answer.kind === 'failed') {
    return (
      <p
        className="eflows-Empty"
        role="alert"
        data-testid="eflows-clusters-failed"
      >
        {failure(answer.status, trans)}
      </p>
    );
  }
  if (answer.clusters.length === 0) {
    return (
      <p className="eflows-Empty" data-testid="eflows-no-clusters">
        {trans.__(
          'No cluster is running. What notebooks start, or leave behind, is listed here.'
        )}
      </p>
    );
  }
  return (
    <>
      {unstopped !== null && (
        <p className="eflows-Reason" role="alert">
          {trans.__(
            'The server could not stop %1. Its log says why.',
            unstopped
          )}
        </p>
      )}
      <ul className="eflows-Clusters">
        {answer.clusters.map(cluster => (
          <Cluster
            key={cluster.id}
            cluster={cluster}
            now={answer.now}
            open={props.open}
            stopping={model.isStopping(cluster.id)}
            stop={props.stop}
            trans={trans}
          />
        ))}
      </ul>
    </>
  );
}

function Cluster(props: {
  cluster: ICluster;
  now: number;
  open: (path: string) => void;
  stopping: boolean;
  stop: (cluster: ICluster) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { cluster, stopping, trans } = props;
  return (
    <li
      className="eflows-Cluster"
      title={details(cluster, trans)}
      data-testid="eflows-cluster"
    >
      <Sign name={cluster.alive ? 'cluster-ready' : 'cluster-broken'} />
      <div className="eflows-Cluster-text">
        <div className="eflows-Cluster-name">
          {cluster.alive && cluster.owner !== '' ? (
            <button
              className="eflows-Link"
              title={trans.__(
                'Open %1, to have more or fewer engines',
                cluster.owner
              )}
              onClick={() => props.open(cluster.owner)}
            >
              {cluster.owner}
            </button>
          ) : (
            ownerLabel(cluster, trans)
          )}
        </div>
        <div className="eflows-Secondary" data-testid="eflows-cluster-use">
          {[
            trans._n('%1 engine', '%1 engines', cluster.engines),
            ...use(cluster, trans),
            ...age(cluster, props.now)
          ].join(' · ')}
        </div>
      </div>
      <button
        className="jp-mod-styled jp-mod-reject eflows-Button"
        disabled={stopping}
        aria-label={trans.__('Stop cluster %1', cluster.id)}
        onClick={() => props.stop(cluster)}
      >
        {stopping ? trans.__('Stopping…') : trans.__('Stop')}
      </button>
    </li>
  );
}

/** What its engines use together, as far as it is known. */
function use(cluster: ICluster, trans: TranslationBundle): string[] {
  const { processes } = cluster;
  if (processes.length === 0) {
    return [];
  }
  const known = processes.flatMap(({ cores }) => cores ?? []);
  const gpus = processes.flatMap(({ gpu_memory }) => gpu_memory ?? []);
  return [
    ...(known.length > 0
      ? [trans.__('%1 cores', formatCores(total(known)))]
      : []),
    formatBytes(total(processes.map(({ memory }) => memory))),
    ...(gpus.length > 0 ? [trans.__('GPU %1', formatBytes(total(gpus)))] : [])
  ];
}

function age(cluster: ICluster, now: number): string[] {
  return cluster.started > 0
    ? [formatAge(Math.max(0, now - cluster.started))]
    : [];
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function ownerLabel(cluster: ICluster, trans: TranslationBundle): string {
  if (!cluster.alive) {
    return trans.__('Left behind by its kernel');
  }
  return cluster.owner !== ''
    ? cluster.owner
    : trans.__('Process %1', cluster.owner_pid);
}

function details(cluster: ICluster, trans: TranslationBundle): string {
  const controller =
    cluster.controller > 0
      ? trans.__('Its controller is process %1.', cluster.controller)
      : trans.__('It has no controller.');
  return `${ownerLabel(cluster, trans)}\n${cluster.id}\n${controller}`;
}

function failure(status: number, trans: TranslationBundle): string {
  switch (status) {
    case 0:
      return trans.__('The server does not answer, so clusters are not shown.');
    case 403:
      return trans.__('You may not see the clusters on this server.');
    case 404:
      return trans.__(
        'This server does not list clusters: its eflows_nb server extension is not enabled.'
      );
    default:
      return trans.__(
        'The server could not list its clusters (status %1). Its log says why.',
        status
      );
  }
}

async function confirmStop(
  cluster: ICluster,
  trans: TranslationBundle
): Promise<boolean> {
  const result = await showDialog({
    title: trans.__('Stop this cluster?'),
    body: trans._n(
      'The engine of %2 is ended, and the task that it runs is lost.',
      'The %1 engines of %2 are ended, and the tasks that they run are lost.',
      cluster.engines,
      cluster.alive ? ownerLabel(cluster, trans) : cluster.id
    ),
    // Enter must not end what took hours.
    defaultButton: 0,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Stop') })
    ]
  });
  return result.button.accept;
}
