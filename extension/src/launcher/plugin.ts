import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { eflowsIcon } from '../icons';
import { firstNotebook } from './notebook';

const NEW_COMMAND = 'eflows-nb:new-notebook';

/** A card in the launcher for a notebook that teaches the first steps. */
export const launcherPlugin: JupyterFrontEndPlugin<void> = {
  id: 'eflows-nb:launcher',
  description: 'Makes a notebook with the first steps of a workflow.',
  autoStart: true,
  optional: [ILauncher, ITranslator, ICommandPalette, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    launcher: ILauncher | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    files: IDefaultFileBrowser | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('eflows_nb');
    app.commands.addCommand(NEW_COMMAND, {
      label: args =>
        args['isPalette'] === true
          ? trans.__('New eFlows Notebook')
          : trans.__('eFlows Notebook'),
      caption: trans.__('A notebook with the first steps of a workflow'),
      icon: eflowsIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            cwd: {
              type: 'string',
              description:
                'The folder to make it in; without it that of the file browser'
            },
            isPalette: { type: 'boolean' }
          }
        }
      },
      execute: async args => {
        const { contents, kernelspecs } = app.serviceManager;
        await kernelspecs.ready;
        const known = kernelspecs.specs;
        const specs = Object.values(known?.kernelspecs ?? {});
        const usual = specs.find(spec => spec?.name === known?.default);
        const spec =
          usual?.language === 'python'
            ? usual
            : (specs.find(one => one?.language === 'python') ?? usual);
        const kernelspec = {
          name: spec?.name ?? 'python3',
          display_name: spec?.display_name ?? 'Python 3',
          language: spec?.language ?? 'python'
        };
        const made = await contents.newUntitled({
          path: String(args['cwd'] ?? files?.model.path ?? ''),
          type: 'notebook'
        });
        await contents.save(made.path, {
          type: 'notebook',
          format: 'json',
          content: firstNotebook(kernelspec)
        });
        return app.commands.execute('docmanager:open', {
          path: made.path,
          factory: 'Notebook',
          kernel: { name: kernelspec.name }
        }) as Promise<unknown>;
      }
    });
    launcher?.add({
      command: NEW_COMMAND,
      category: trans.__('eFlows'),
      rank: 1
    });
    palette?.addItem({
      command: NEW_COMMAND,
      category: trans.__('eFlows'),
      args: { isPalette: true }
    });
  }
};
