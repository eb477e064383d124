import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import { ToolbarButton } from '@jupyterlab/ui-components';
import { DisposableDelegate } from '@lumino/disposable';

import { IEflowsCells } from '../cells/tokens';
import { eflowsIcon } from '../icons';
import { IEflowsPanel } from '../panel/tokens';
import { IEflowsChannels } from '../session/tokens';
import { IEflowsSettings, PARTS_OF } from '../settings/tokens';
import { NotebookBinding } from './binding';
import { saveLayoutAfterRenames } from './layout';
import { Opener } from './opener';
import { RunModel } from './model';
import { CellActions } from './notebook-actions';
import { saveText } from './save';
import { RunView } from './view';

const OPEN_COMMAND = 'eflows-nb:open-run-view';

/** The run view: a notebook's tasks as a graph, in time and as a table. */
export const runPlugin: JupyterFrontEndPlugin<void> = {
  id: 'eflows-nb:run',
  description:
    'Shows the tasks of a notebook as a graph, in time and as a table.',
  autoStart: true,
  requires: [INotebookTracker, IEflowsChannels],
  optional: [
    ILabShell,
    ILayoutRestorer,
    ITranslator,
    ICommandPalette,
    IEflowsPanel,
    IEflowsCells,
    IEflowsSettings
  ],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    channels: IEflowsChannels,
    shell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    panel: IEflowsPanel | null,
    cells: IEflowsCells | null,
    settings: IEflowsSettings | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('eflows_nb');
    const tracker = new WidgetTracker<MainAreaWidget<RunView>>({
      namespace: 'eflows-nb-run'
    });
    const { contents } = app.serviceManager;
    const open = (path: string, task: number | null = null): void => {
      const known = tracker.find(
        widget => shown.get(widget)?.binding.path === path
      );
      const widget =
        known ??
        create(
          app,
          new NotebookBinding(path, notebooks, contents),
          channels,
          cells,
          trans
        );
      if (known === undefined) {
        const parts = PARTS_OF[settings?.values.runView ?? 'automatic'];
        if (parts.length > 0) {
          widget.content.showParts(parts);
        }
        // The layout is restored by the path.
        const onChange = (): void => void tracker.save(widget);
        shown.get(widget)?.binding.changed.connect(onChange);
        void tracker.add(widget);
        app.shell.add(widget, 'main', {
          mode: 'split-right',
          type: 'eFlows',
          activate: false
        });
      }
      app.shell.activateById(widget.id);
      if (task !== null) {
        shown.get(widget)?.model.selectTask(task);
      }
    };

    app.commands.addCommand(OPEN_COMMAND, {
      label: trans.__('Open the Run View'),
      caption: trans.__(
        'Show the tasks of this notebook as a graph and in time'
      ),
      icon: eflowsIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            path: {
              type: 'string',
              description: 'The notebook; without it the current one'
            },
            task: {
              type: 'number',
              description: 'Number of a task to select'
            }
          }
        }
      },
      isEnabled: args =>
        typeof args['path'] === 'string' || notebooks.currentWidget !== null,
      execute: args => {
        const given = args['path'];
        const path =
          typeof given === 'string'
            ? given
            : notebooks.currentWidget?.context.path;
        const task = args['task'];
        if (path !== undefined) {
          open(path, typeof task === 'number' ? task : null);
        }
      }
    });
    palette?.addItem({ command: OPEN_COMMAND, category: trans.__('eFlows') });
    panel?.addSection({
      widget: new Opener(
        app.commands,
        OPEN_COMMAND,
        notebooks.currentChanged,
        trans
      ),
      rank: 15,
      weight: 0.55
    });
    app.docRegistry.addWidgetExtension('Notebook', {
      createNew: (notebook: NotebookPanel) => {
        const button = new ToolbarButton({
          icon: eflowsIcon,
          tooltip: trans.__('Open the run view of this notebook'),
          onClick: () => open(notebook.context.path)
        });
        button.node.dataset['testid'] = 'eflows-open-run-view';
        notebook.toolbar.insertAfter('cellType', 'eflows-run-view', button);
        return new DisposableDelegate(() => button.dispose());
      }
    });
    void restorer?.restore(tracker, {
      command: OPEN_COMMAND,
      args: widget => ({ path: shown.get(widget)?.binding.path ?? '' }),
      name: widget => shown.get(widget)?.binding.path ?? ''
    });
    saveLayoutAfterRenames(
      shell,
      restorer,
      [tracker, notebooks],
      () => tracker.size > 0
    );
  }
};

/** What is behind each view. */
const shown = new WeakMap<
  MainAreaWidget,
  {
    readonly model: RunModel;
    readonly binding: NotebookBinding<NotebookPanel>;
  }
>();

let made = 0;

/** Make the view of a notebook, which is perhaps opened later. */
function create(
  app: JupyterFrontEnd,
  binding: NotebookBinding<NotebookPanel>,
  channels: IEflowsChannels,
  cells: IEflowsCells | null,
  trans: TranslationBundle
): MainAreaWidget<RunView> {
  const model = new RunModel();
  const actions = new CellActions(
    model,
    () => binding.notebook,
    panel => app.shell.activateById(panel.id),
    cells
  );
  const content = new RunView(model, actions, saveText, trans);
  const widget = new MainAreaWidget({ content });
  widget.id = `eflows-nb-run-${++made}`;
  widget.title.icon = eflowsIcon;
  widget.title.closable = true;
  widget.toolbar.hide();

  const follow = (): void => {
    const { notebook, path } = binding;
    widget.title.label = trans.__('Run: %1', PathExt.basename(path));
    widget.title.caption = trans.__('Tasks of %1', path);
    if (notebook === null) {
      model.follow(null, true);
    } else {
      model.follow(channels.channelOf(notebook));
    }
  };
  const onKernel = (_: unknown, panel: NotebookPanel): void => {
    if (panel === binding.notebook) {
      follow();
    }
  };
  binding.changed.connect(follow);
  channels.changed.connect(onKernel);
  widget.disposed.connect(() => {
    channels.changed.disconnect(onKernel);
    binding.dispose();
    model.dispose();
  });
  follow();
  shown.set(widget, { model, binding });
  return widget;
}
