import { Signal, type ISignal } from '@lumino/signaling';

import {
  DEFAULTS,
  PARTS_OF,
  type IEflowsSettings,
  type ISettings,
  type RunViewSetting
} from './tokens';

/** The settings as they were read last. */
export class SettingsModel implements IEflowsSettings {
  get values(): ISettings {
    return this._values;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Take what the user has set; what makes no sense is as if it were not set. */
  take(given: Readonly<Record<string, unknown>>): void {
    this._values = {
      engines: numberOf(given['engines'], DEFAULTS.engines, 0, 4096),
      updateSeconds: numberOf(
        given['updateSeconds'],
        DEFAULTS.updateSeconds,
        1,
        3600
      ),
      statusBar: booleanOf(given['statusBar'], DEFAULTS.statusBar),
      strips: booleanOf(given['strips'], DEFAULTS.strips),
      runView: runViewOf(given['runView']),
      runs: numberOf(given['runs'], DEFAULTS.runs, 1, 200)
    };
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _values: ISettings = DEFAULTS;
}

function booleanOf(given: unknown, usual: boolean): boolean {
  return typeof given === 'boolean' ? given : usual;
}

function runViewOf(given: unknown): RunViewSetting {
  const known = Object.keys(PARTS_OF) as RunViewSetting[];
  return known.find(name => name === given) ?? DEFAULTS.runView;
}

function numberOf(
  given: unknown,
  usual: number,
  least: number,
  most: number
): number {
  return typeof given === 'number' && given >= least && given <= most
    ? given
    : usual;
}
