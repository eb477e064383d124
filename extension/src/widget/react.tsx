/**
 * What the run view uses of `@jupyterlab/ui-components`, whose place this takes
 * in the widget: that package would bring all of JupyterLab's icons along.
 */
import type { Message } from '@lumino/messaging';
import type { ISignal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import React from 'react';
import { createRoot, type Root } from 'react-dom/client';

/** A widget whose content React keeps. */
export abstract class ReactWidget extends Widget {
  protected abstract render(): JSX.Element;

  protected override onAfterAttach(_: Message): void {
    this._root ??= createRoot(this.node);
    this._root.render(this.render());
  }

  protected override onUpdateRequest(_: Message): void {
    this._root?.render(this.render());
  }

  protected override onBeforeDetach(_: Message): void {
    this._root?.unmount();
    this._root = null;
  }

  private _root: Root | null = null;
}

interface ISignalProps<SENDER, ARGS> {
  readonly signal: ISignal<SENDER, ARGS>;
  readonly children: () => React.ReactNode;
}

/** Renders its children anew whenever a signal is emitted. */
export class UseSignal<SENDER, ARGS> extends React.Component<
  ISignalProps<SENDER, ARGS>
> {
  override componentDidMount(): void {
    this.props.signal.connect(this._again);
  }

  override componentWillUnmount(): void {
    this.props.signal.disconnect(this._again);
  }

  override render(): React.ReactNode {
    return this.props.children();
  }

  private _again = (): void => this.forceUpdate();
}
