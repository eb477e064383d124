import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { EflowsPanel } from './panel';
import { IEflowsPanel } from './tokens';

const SHOW_COMMAND = 'eflows-nb:show-panel';

/** The empty side panel; other plugins add its sections. */
export const panelPlugin: JupyterFrontEndPlugin<IEflowsPanel> = {
  id: 'eflows-nb:panel',
  description: 'The eFlows side panel.',
  autoStart: true,
  provides: IEflowsPanel,
  optional: [ILayoutRestorer, ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): IEflowsPanel => {
    const panel = new EflowsPanel(translator ?? nullTranslator);
    app.shell.add(panel, 'left', { rank: 600, type: 'eFlows' });
    restorer?.add(panel, 'eflows-nb-panel');

    const trans = (translator ?? nullTranslator).load('eflows_nb');
    app.commands.addCommand(SHOW_COMMAND, {
      label: trans.__('Show the eFlows Panel'),
      caption: trans.__('Show engines, tasks and clusters'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => app.shell.activateById(panel.id)
    });
    palette?.addItem({ command: SHOW_COMMAND, category: trans.__('eFlows') });
    return panel;
  }
};
