import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Poll } from '@lumino/polling';

import { IEflowsPanel } from '../panel/tokens';
import { OPEN_PAST_COMMAND } from '../replay/plugin';
import { IEflowsSession } from '../session/tokens';
import { DEFAULTS, IEflowsSettings } from '../settings/tokens';
import { nameOf, RunsModel } from './model';
import { RunRequests } from './request';
import { RunsSection } from './view';

const SOON_MS = 3_000;
const LATER_MS = 30_000;

/** The section that lists runs, and opens their replay. */
export const runsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'eflows-nb:runs',
  description: 'Lists past and present runs, and opens their replay.',
  autoStart: true,
  optional: [IEflowsPanel, IEflowsSettings, ITranslator, IEflowsSession],
  activate: (
    app: JupyterFrontEnd,
    panel: IEflowsPanel | null,
    settings: IEflowsSettings | null,
    translator: ITranslator | null,
    session: IEflowsSession | null
  ): void => {
    if (panel === null) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('eflows_nb');
    const model = new RunsModel(
      new RunRequests(app.serviceManager.serverSettings)
    );
    const section = new RunsSection(
      model,
      run => {
        if (app.commands.hasCommand(OPEN_PAST_COMMAND)) {
          const args = { path: run.path, name: nameOf(run) };
          void app.commands.execute(OPEN_PAST_COMMAND, args);
        }
      },
      () => settings?.values.runs ?? DEFAULTS.runs,
      trans
    );
    const poll = new Poll({
      name: 'eflows-nb:runs',
      factory: () => model.refresh(),
      frequency: { interval: LATER_MS, backoff: true },
      standby: () => document.hidden || !section.isVisible
    });
    model.changed.connect(() => {
      const interval = model.goesOn ? SOON_MS : LATER_MS;
      if (poll.frequency.interval !== interval) {
        poll.frequency = { ...poll.frequency, interval };
      }
    });
    let seen = '';
    const onSession = (): void => {
      const now = stageOf(session);
      if (now !== seen && section.isVisible) {
        void poll.refresh();
      }
      seen = now;
    };
    session?.changed.connect(onSession);
    settings?.changed.connect(section.update, section);
    section.shown.connect(() => void poll.refresh());
    section.disposed.connect(() => {
      session?.changed.disconnect(onSession);
      settings?.changed.disconnect(section.update, section);
      poll.dispose();
      model.dispose();
    });
    panel.addSection({ widget: section, rank: 30, weight: 1.2 });
  }
};

/** What of a session makes its run another one in the list. */
function stageOf(session: IEflowsSession | null): string {
  const status = session?.status;
  if (status?.kind !== 'session') {
    return status?.kind ?? '';
  }
  const { cluster, tasks } = status.session;
  const hasTasks = Object.values(tasks).some(count => count > 0);
  return `${status.notebook} ${cluster} ${hasTasks}`;
}
