import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Poll } from '@lumino/polling';

import { IEflowsPanel } from '../panel/tokens';
import { IEflowsSession } from '../session/tokens';
import { ClustersModel } from './model';
import { ClusterRequests } from './request';
import { ClustersSection } from './view';

const LOOK_EVERY_MS = 10_000;

/** The section that lists and stops the clusters on the server's machine. */
export const clustersPlugin: JupyterFrontEndPlugin<void> = {
  id: 'eflows-nb:clusters',
  description: 'Lists and stops the clusters that run on this server.',
  autoStart: true,
  optional: [IEflowsPanel, IEflowsSession, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    panel: IEflowsPanel | null,
    session: IEflowsSession | null,
    translator: ITranslator | null
  ): void => {
    if (panel === null) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('eflows_nb');
    const requests = new ClusterRequests(app.serviceManager.serverSettings);
    const model = new ClustersModel(requests);
    const section = new ClustersSection(model, trans);

    // What other notebooks start is not announced to this page.
    const poll = new Poll({
      name: 'eflows-nb:clusters',
      factory: () => model.refresh(),
      frequency: { interval: LOOK_EVERY_MS, backoff: true },
      standby: () => document.hidden || !section.isVisible
    });
    section.shown.connect(() => void poll.refresh());

    let seen = '';
    session?.changed.connect(({ status }) => {
      const now =
        status.kind === 'session'
          ? `${status.session.state} ${status.session.engines.length}`
          : status.kind;
      if (now !== seen && section.isVisible) {
        void poll.refresh();
      }
      seen = now;
    });

    section.disposed.connect(() => {
      poll.dispose();
      model.dispose();
    });
    panel.addSection({ widget: section, rank: 20 });
  }
};
