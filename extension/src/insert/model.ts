import { Signal, type ISignal } from '@lumino/signaling';

import {
  decoratorOf,
  mistakes,
  NO_OPTIONS,
  ON_FAILURE,
  USUAL_DIRECTION,
  type IDecoration,
  type OptionName
} from './decorator';
import { readSignature, type IFunction } from './python';

/** What stands in the dialog that makes a task function. */
export class TaskDraft {
  /**
   * @param module the name by which the notebook knows eflows_nb
   * @param found the function that becomes a task function; null for a new one
   */
  constructor(
    readonly module: string,
    readonly found: IFunction | null
  ) {
    const returns = found?.returns ?? 1;
    this._decoration = {
      directions: {},
      onFailure: ON_FAILURE[0],
      options: { ...NO_OPTIONS, returns: returns > 1 ? String(returns) : '' }
    };
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get decoration(): IDecoration {
    return this._decoration;
  }

  /** What was typed for a new function. */
  get signature(): string {
    return this._signature;
  }

  /** The function; null while what was typed is none. */
  get function(): IFunction | null {
    return this.found ?? readSignature(this._signature);
  }

  get mistakes(): readonly OptionName[] {
    return mistakes(this._decoration);
  }

  /** Whether it can be inserted as it stands. */
  get isWhole(): boolean {
    return this.function !== null && this.mistakes.length === 0;
  }

  /** The line that makes it a task function; empty while that is not possible. */
  get decorator(): string {
    const made = this.function;
    return made !== null && this.isWhole
      ? decoratorOf(this.module, made, this._decoration)
      : '';
  }

  directionOf(parameter: string): string {
    return this._decoration.directions[parameter] ?? USUAL_DIRECTION;
  }

  choose(parameter: string, direction: string): void {
    const { directions } = this._decoration;
    this._set({ directions: { ...directions, [parameter]: direction } });
  }

  setOption(name: OptionName, text: string): void {
    const { options } = this._decoration;
    this._set({ options: { ...options, [name]: text } });
  }

  setOnFailure(onFailure: string): void {
    this._set({ onFailure });
  }

  setSignature(signature: string): void {
    this._signature = signature;
    this._changed.emit();
  }

  private _set(change: Partial<IDecoration>): void {
    this._decoration = { ...this._decoration, ...change };
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _decoration: IDecoration;
  private _signature = 'simulate(member, seconds=1.0)';
}
