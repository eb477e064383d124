import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { ViewOutput, VIEW_MIME } from './output';

/** Before the widget itself, which has rank -10. */
const RANK = -20;

/** Shows what a notebook has kept of a run where its widget is no more. */
export const outputPlugin: JupyterFrontEndPlugin<void> = {
  id: 'eflows-nb:output',
  description:
    'Shows what a notebook has kept of a run, where the widget of the run is no more.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator],
  activate: (
    _: JupyterFrontEnd,
    tracker: INotebookTracker,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('eflows_nb');
    const add = ({ content: { rendermime } }: NotebookPanel): void =>
      rendermime.addFactory(
        {
          safe: true,
          mimeTypes: [VIEW_MIME],
          createRenderer: () => new ViewOutput(rendermime, trans)
        },
        RANK
      );
    tracker.forEach(add);
    tracker.widgetAdded.connect((_, panel) => add(panel));
  }
};
