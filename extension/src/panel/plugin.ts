import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { EflowsPanel } from './panel';
import { IEflowsPanel } from './tokens';

/** The empty side panel; other plugins add its sections. */
export const panelPlugin: JupyterFrontEndPlugin<IEflowsPanel> = {
  id: 'eflows-nb:panel',
  description: 'The eFlows side panel.',
  autoStart: true,
  provides: IEflowsPanel,
  optional: [ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ): IEflowsPanel => {
    const panel = new EflowsPanel(translator ?? nullTranslator);
    app.shell.add(panel, 'left', { rank: 600, type: 'eFlows' });
    restorer?.add(panel, 'eflows-nb-panel');
    return panel;
  }
};
