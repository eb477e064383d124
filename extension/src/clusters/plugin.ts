import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Poll } from '@lumino/polling';

import { IEflowsPanel } from '../panel/tokens';
import { IEflowsSession } from '../session/tokens';
import { IEflowsSettings } from '../settings/tokens';
import { ClustersModel } from './model';
import { ClusterRequests } from './request';
import { IEflowsMachine } from './tokens';
import { ClustersSection } from './view';

/** Without clusters there is nothing whose use changes. */
const IDLE_MS = 10_000;
const BUSY_MS = 3_000;

/** What runs on the server's machine, asked again while somebody looks. */
export const machinePlugin: JupyterFrontEndPlugin<IEflowsMachine> = {
  id: 'eflows-nb:machine',
  description: 'Asks the server for its clusters and what they use.',
  autoStart: true,
  provides: IEflowsMachine,
  optional: [IEflowsSettings],
  activate: (
    app: JupyterFrontEnd,
    settings: IEflowsSettings | null
  ): IEflowsMachine => {
    const requests = new ClusterRequests(app.serviceManager.serverSettings);
    const model = new ClustersModel(requests);
    const interval = (): number => {
      const seconds = settings?.values.updateSeconds;
      const busy = seconds === undefined ? BUSY_MS : 1000 * seconds;
      return model.isBusy ? busy : Math.max(busy, IDLE_MS);
    };
    // What other notebooks start is not announced to this page.
    const poll = new Poll({
      name: 'eflows-nb:machine',
      factory: () => model.refresh(),
      frequency: { interval: interval(), backoff: true },
      standby: () => document.hidden || !model.isWatched
    });
    const adapt = (): void => {
      if (poll.frequency.interval !== interval()) {
        poll.frequency = { ...poll.frequency, interval: interval() };
      }
    };
    model.changed.connect(adapt);
    settings?.changed.connect(adapt);
    return model;
  }
};

/** The section that lists and stops the clusters on the server's machine. */
export const clustersPlugin: JupyterFrontEndPlugin<void> = {
  id: 'eflows-nb:clusters',
  description: 'Lists and stops the clusters that run on this server.',
  autoStart: true,
  requires: [IEflowsMachine],
  optional: [IEflowsPanel, IEflowsSession, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    machine: IEflowsMachine,
    panel: IEflowsPanel | null,
    session: IEflowsSession | null,
    translator: ITranslator | null
  ): void => {
    if (panel === null || !(machine instanceof ClustersModel)) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('eflows_nb');
    const open = (path: string): void => {
      void app.commands.execute('docmanager:open', { path });
    };
    const section = new ClustersSection(machine, open, trans);
    const watching = machine.attend(() => section.isVisible);
    section.shown.connect(() => void machine.refresh());

    let seen = '';
    const onSession = (_: unknown): void => {
      const status = session?.status;
      const now =
        status?.kind === 'session'
          ? `${status.session.state} ${status.session.engines.length}`
          : (status?.kind ?? '');
      if (now !== seen && section.isVisible) {
        void machine.refresh();
      }
      seen = now;
    };
    session?.changed.connect(onSession);

    section.disposed.connect(() => {
      session?.changed.disconnect(onSession);
      watching.dispose();
    });
    panel.addSection({ widget: section, rank: 20, weight: 0.9 });
  }
};
