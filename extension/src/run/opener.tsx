import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import React from 'react';

import { Section } from '../panel/section';

/** The section "Run view" of the side panel. */
export class Opener extends Section {
  /**
   * @param command opens the run view, where there is a notebook
   * @param changed says that another notebook is in front, or none
   */
  constructor(
    commands: JupyterFrontEnd['commands'],
    command: string,
    changed: ISignal<unknown, unknown>,
    trans: TranslationBundle
  ) {
    super({
      id: 'eflows-nb-run-opener',
      label: trans.__('Run view'),
      caption: trans.__('Graph, timeline and table of the tasks'),
      changes: [changed]
    });
    this._commands = commands;
    this._command = command;
    this._trans = trans;
  }

  protected render(): JSX.Element {
    const { _command: command, _commands: commands, _trans: trans } = this;
    return commands.isEnabled(command) ? (
      <button
        className="jp-mod-styled eflows-Button"
        title={trans.__(
          'The tasks of the current notebook as a graph, in time and as a table, live'
        )}
        onClick={() => void commands.execute(command)}
        data-testid="eflows-open-run"
      >
        {trans.__('Open the run view')}
      </button>
    ) : (
      <p className="eflows-Empty">
        {trans.__('Open a notebook to see its tasks as a graph and in time.')}
      </p>
    );
  }

  private _command: string;
  private _commands: JupyterFrontEnd['commands'];
  private _trans: TranslationBundle;
}
