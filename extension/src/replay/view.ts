import type { TranslationBundle } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';

import { formatSeconds } from '../core/format';
import { readJournal } from '../core/journal';
import type { Replay } from '../core/replay';
import type { ITaskActions } from '../run/inspector';
import { RunModel } from '../run/model';
import { saveText } from '../run/save';
import { RunView } from '../run/view';

/** A run is played in so many seconds, however long it took. */
const PLAYED_SECONDS = 12;
const STEPS = 1000;

const NO_CELLS: ITaskActions = {
  hasCell: () => false,
  goToCell: () => undefined,
  hasLine: () => false,
  goToLine: () => undefined,
  runCell: () => undefined
};

/** A past run from its journal, with a slider for the time. */
export class ReplayView extends Panel {
  constructor(trans: TranslationBundle) {
    super();
    this._trans = trans;
    this.addClass('eflows-Replay');
    this._view = new RunView(this._model, NO_CELLS, saveText, trans);
    this._message.className = 'eflows-Run-empty';
    this._message.textContent = trans.__('Reading the journal…');
    this.node.append(this._message);
    this.addWidget(this._view);
    this.addWidget(new Widget({ node: this._bar() }));
    this._view.hide();
    this.widgets[1]?.hide();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._pause();
      this._model.dispose();
      super.dispose();
    }
  }

  /** Show the text of a journal. */
  load(text: string): void {
    const run = readJournal(text);
    if (typeof run === 'string') {
      this.refuse(this._refusal(run));
      return;
    }
    this._message.remove();
    this._replay = this._model.load(run);
    this._view.show();
    this.widgets[1]?.show();
    this._slider.value = String(STEPS);
    this._tell();
  }

  /** Say why there is no run to be shown. */
  refuse(reason: string): void {
    this._message.textContent = reason;
  }

  private _bar(): HTMLElement {
    const trans = this._trans;
    const bar = document.createElement('div');
    bar.className = 'eflows-Replay-bar';
    this._button.className = 'eflows-Tool';
    this._button.dataset['testid'] = 'eflows-play';
    this._button.textContent = trans.__('Play');
    this._button.addEventListener('click', () =>
      this._frame === 0 ? this._play() : this._pause()
    );
    this._slider.type = 'range';
    this._slider.min = '0';
    this._slider.max = String(STEPS);
    this._slider.setAttribute('aria-label', trans.__('Time'));
    this._slider.dataset['testid'] = 'eflows-time';
    this._slider.addEventListener('input', () => {
      this._pause();
      this._tell();
    });
    this._label.className = 'eflows-Replay-time';
    bar.append(this._button, this._slider, this._label);
    return bar;
  }

  private _play(): void {
    if (Number(this._slider.value) >= STEPS) {
      this._slider.value = '0';
    }
    const from = Number(this._slider.value);
    const began = performance.now();
    const step = (): void => {
      const played = (performance.now() - began) / 1000 / PLAYED_SECONDS;
      const value = Math.min(STEPS, from + played * STEPS);
      this._slider.value = String(value);
      this._tell();
      if (value >= STEPS) {
        this._pause();
      } else {
        this._frame = requestAnimationFrame(step);
      }
    };
    this._button.textContent = this._trans.__('Pause');
    this._frame = requestAnimationFrame(step);
  }

  private _pause(): void {
    cancelAnimationFrame(this._frame);
    this._frame = 0;
    this._button.textContent = this._trans.__('Play');
  }

  /** Show the time of the slider. */
  private _tell(): void {
    const replay = this._replay;
    if (replay !== null) {
      const span = replay.end - replay.begin;
      const since = (span * Number(this._slider.value)) / STEPS;
      this._model.rewind(replay.begin + since);
      const text = this._trans.__(
        '%1 of %2',
        formatSeconds(since),
        formatSeconds(span)
      );
      this._label.textContent = text;
      this._slider.setAttribute('aria-valuetext', text);
    }
  }

  private _refusal(why: string): string {
    const trans = this._trans;
    switch (why) {
      case 'not-a-journal':
        return trans.__(
          'This file is not the journal of an eFlows session: its first line says so. Open it with the editor instead.'
        );
      case 'later-version':
        return trans.__(
          'This journal was written by a later release of eflows-nb. Install that one to see it.'
        );
      default:
        return trans.__(
          'Line %1 of this journal is damaged, so the run cannot be shown.',
          why.split(':')[1] ?? ''
        );
    }
  }

  private _button = document.createElement('button');
  private _frame = 0;
  private _label = document.createElement('span');
  private _message = document.createElement('p');
  private _model = new RunModel();
  private _replay: Replay | null = null;
  private _slider = document.createElement('input');
  private _trans: TranslationBundle;
  private _view: RunView;
}
