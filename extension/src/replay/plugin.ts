import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import {
  ABCWidgetFactory,
  DocumentWidget,
  type DocumentRegistry
} from '@jupyterlab/docregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { eflowsIcon } from '../icons';
import { RunRequests } from '../runs/request';
import { ReplayView } from './view';

/** Opens the journal of a past run; its argument `path` is that of the journal. */
export const OPEN_PAST_COMMAND = 'eflows-nb:open-past-run';

const PREFIX = 'eflows-nb-past:';
const FILE_TYPE = 'eflows-journal';
const FACTORY = 'eFlows run';

/** Opens the journal of a session as the run that it tells of. */
export const replayPlugin: JupyterFrontEndPlugin<void> = {
  id: 'eflows-nb:replay',
  description: 'Shows the run that a journal tells of, at any time of it.',
  autoStart: true,
  optional: [ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('eflows_nb');
    app.docRegistry.addFileType({
      name: FILE_TYPE,
      displayName: trans.__('eFlows journal'),
      extensions: [],
      pattern: '^journal.*\\.jsonl$',
      mimeTypes: ['application/jsonl'],
      fileFormat: 'text',
      icon: eflowsIcon
    });
    app.docRegistry.addWidgetFactory(
      new JournalFactory(
        {
          name: FACTORY,
          label: trans.__('eFlows run'),
          fileTypes: [FILE_TYPE],
          defaultFor: [FILE_TYPE],
          readOnly: true
        },
        trans
      ) as DocumentRegistry.WidgetFactory
    );

    // A document cannot be opened from a hidden folder, where journals are.
    const requests = new RunRequests(app.serviceManager.serverSettings);
    const tracker = new WidgetTracker<MainAreaWidget<ReplayView>>({
      namespace: 'eflows-nb-past'
    });
    const names = new Map<string, string>();
    app.commands.addCommand(OPEN_PAST_COMMAND, {
      label: trans.__('Open a Past Run'),
      icon: eflowsIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            path: {
              type: 'string',
              description: 'Of the journal, below the folder of the server'
            },
            name: {
              type: 'string',
              description: 'What the run is called; without it, its journal'
            }
          },
          required: ['path']
        }
      },
      isEnabled: args => typeof args['path'] === 'string',
      execute: args => {
        const path = String(args['path']);
        const name = String(args['name'] ?? PathExt.basename(path));
        const known = tracker.find(widget => widget.id === PREFIX + path);
        const widget = known ?? create(path, name, requests, trans);
        if (known === undefined) {
          names.set(widget.id, name);
          void tracker.add(widget);
          app.shell.add(widget, 'main', { type: 'eFlows' });
        }
        app.shell.activateById(widget.id);
      }
    });
    void restorer?.restore(tracker, {
      command: OPEN_PAST_COMMAND,
      args: ({ id }) => ({
        path: id.slice(PREFIX.length),
        name: names.get(id) ?? ''
      }),
      name: widget => widget.id
    });
  }
};

/** Make the view of a journal, which is read at once. */
function create(
  path: string,
  name: string,
  requests: RunRequests,
  trans: TranslationBundle
): MainAreaWidget<ReplayView> {
  const content = new ReplayView(trans);
  const widget = new MainAreaWidget({ content });
  widget.id = PREFIX + path;
  widget.title.label = trans.__('Run: %1', name);
  widget.title.caption = trans.__('The run that %1 tells of', path);
  widget.title.icon = eflowsIcon;
  widget.title.closable = true;
  widget.toolbar.hide();
  void requests.journal(path).then(answer => {
    if (content.isDisposed) {
      return;
    }
    if (answer.kind === 'text') {
      content.load(answer.text);
    } else {
      content.refuse(refusal(answer.status, trans));
    }
  });
  return widget;
}

function refusal(status: number, trans: TranslationBundle): string {
  switch (status) {
    case 0:
      return trans.__(
        'The journal could not be read to its end: the server does not answer, or it is too long for this browser.'
      );
    case 404:
      return trans.__(
        'There is no journal at this path any more. It was deleted or moved.'
      );
    default:
      return trans.__(
        'The server did not give the journal (status %1). Its log says why.',
        status
      );
  }
}

class JournalFactory extends ABCWidgetFactory<DocumentWidget<ReplayView>> {
  constructor(
    options: DocumentRegistry.IWidgetFactoryOptions,
    trans: TranslationBundle
  ) {
    super(options);
    this._trans = trans;
  }

  protected createNewWidget(
    context: DocumentRegistry.Context
  ): DocumentWidget<ReplayView> {
    const content = new ReplayView(this._trans);
    void context.ready.then(() => {
      if (!content.isDisposed) {
        content.load(context.model.toString());
      }
    });
    const widget = new DocumentWidget({ content, context });
    widget.title.icon = eflowsIcon;
    widget.toolbar.hide();
    return widget;
  }

  private _trans: TranslationBundle;
}
