import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { SettingsModel } from './model';
import { IEflowsSettings } from './tokens';

const ID = 'eflows-nb:settings';
const OPEN_COMMAND = 'eflows-nb:open-settings';
const EDITOR_COMMAND = 'settingeditor:open';

/** What users can set, from JupyterLab's own editor of settings. */
export const settingsPlugin: JupyterFrontEndPlugin<IEflowsSettings> = {
  id: ID,
  description: 'Reads what users have set about eFlows.',
  autoStart: true,
  provides: IEflowsSettings,
  optional: [ISettingRegistry, ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    registry: ISettingRegistry | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): IEflowsSettings => {
    const trans = (translator ?? nullTranslator).load('eflows_nb');
    const model = new SettingsModel();
    registry
      ?.load(ID)
      .then(settings => {
        settings.changed.connect(() => model.take(settings.composite));
        model.take(settings.composite);
      })
      // Without the schema, as in a page that was not built for it, the usual holds.
      .catch((reason: unknown) => console.warn(String(reason)));

    const showStrips = (): void => {
      document.body.dataset['eflowsStrips'] = model.values.strips
        ? 'shown'
        : 'hidden';
    };
    model.changed.connect(showStrips);
    showStrips();

    app.commands.addCommand(OPEN_COMMAND, {
      label: trans.__('eFlows Settings'),
      caption: trans.__('Open the settings of eFlows'),
      describedBy: { args: { type: 'object', properties: {} } },
      isVisible: () => app.commands.hasCommand(EDITOR_COMMAND),
      isEnabled: () => app.commands.hasCommand(EDITOR_COMMAND),
      execute: () => app.commands.execute(EDITOR_COMMAND, { query: 'eFlows' })
    });
    palette?.addItem({ command: OPEN_COMMAND, category: trans.__('eFlows') });
    return model;
  }
};
