import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ABCWidgetFactory,
  DocumentWidget,
  type DocumentRegistry
} from '@jupyterlab/docregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { eflowsIcon } from '../icons';
import { ReplayView } from './view';

const FILE_TYPE = 'eflows-journal';
const FACTORY = 'eFlows run';

/** Opens the journal of a session as the run that it tells of. */
export const replayPlugin: JupyterFrontEndPlugin<void> = {
  id: 'eflows-nb:replay',
  description: 'Shows the run that a journal tells of, at any time of it.',
  autoStart: true,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): void => {
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
  }
};

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
