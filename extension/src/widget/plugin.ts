import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';

import { ViewOutput, VIEW_MIME } from './output';

/** Before the widget itself, which has rank -10. */
const RANK = -20;

/** Shows the picture of a run where its widget is no more. */
export const outputPlugin: JupyterFrontEndPlugin<void> = {
  id: 'eflows-nb:output',
  description:
    'Shows the picture that a notebook keeps of a run, where the widget of the run is no more.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_: JupyterFrontEnd, tracker: INotebookTracker): void => {
    const add = ({ content: { rendermime } }: NotebookPanel): void =>
      rendermime.addFactory(
        {
          safe: true,
          mimeTypes: [VIEW_MIME],
          createRenderer: () => new ViewOutput(rendermime)
        },
        RANK
      );
    tracker.forEach(add);
    tracker.widgetAdded.connect((_, panel) => add(panel));
  }
};
