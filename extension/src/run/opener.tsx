import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';

/** The section "Run view" of the side panel. */
export class Opener extends ReactWidget {
  constructor(app: JupyterFrontEnd, command: string, trans: TranslationBundle) {
    super();
    this._app = app;
    this._command = command;
    this._trans = trans;
    this.id = 'eflows-nb-run-opener';
    this.addClass('eflows-Section');
    this.title.label = trans.__('Run view');
    this.title.caption = trans.__('Graph, timeline and table of the tasks');
  }

  protected render(): JSX.Element {
    const trans = this._trans;
    return (
      <button
        className="jp-mod-styled eflows-Button"
        title={trans.__(
          'The tasks of the current notebook as a graph, in time and as a table, live'
        )}
        onClick={() => void this._app.commands.execute(this._command)}
        data-testid="eflows-open-run"
      >
        {trans.__('Open the run view')}
      </button>
    );
  }

  private _app: JupyterFrontEnd;
  private _command: string;
  private _trans: TranslationBundle;
}
