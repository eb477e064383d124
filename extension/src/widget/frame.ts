import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import type { IShownRun } from './runs';
import type { IWidgetModel } from './source';
import { adopt } from './theme';

/** So long a view is kept for the place to which a notebook moves it, in milliseconds. */
const KEPT_MS = 2000;

/** After so long without an answer the kernel counts as gone, in milliseconds. */
const PATIENCE_MS = 4000;

const spare = new Map<IShownRun, Widget>();

/**
 * The place of a widget in a page: the picture of the run, and once the kernel has told
 * of it, its view.
 */
export class Frame {
  readonly node = document.createElement('div');

  constructor(model: IWidgetModel, run: IShownRun) {
    this._run = run;
    const { node } = this;
    node.className = 'eflows-Widget';
    const height = model.get('height');
    node.style.height = `${typeof height === 'number' ? height : 480}px`;
    this._picture = pictureOf(model.get('picture'));
    node.append(this._picture);
    this._timer = window.setTimeout(() => {
      node.classList.add('eflows-mod-gone');
    }, PATIENCE_MS);
    // A notebook puts it into the page later, and tells nobody.
    this._observer = new ResizeObserver(() => this._fill());
    this._observer.observe(node);
    node.addEventListener('wheel', this._onWheel, { capture: true });
    run.came.connect(this._fill, this);
  }

  /** The place is no more. */
  leave(): void {
    clearTimeout(this._timer);
    this._observer.disconnect();
    this._run.came.disconnect(this._fill, this);
    const view = this._view;
    this._view = null;
    if (view === null) {
      return;
    }
    detach(view);
    if (spare.has(this._run)) {
      view.dispose();
      return;
    }
    // Notebooks show an output anew when it changes; the view then stays as the user has it.
    spare.set(this._run, view);
    window.setTimeout(() => {
      if (spare.get(this._run) === view) {
        spare.delete(this._run);
        view.dispose();
      }
    }, KEPT_MS);
  }

  private _fill(): void {
    const { node } = this;
    if (!node.isConnected || !this._run.isThere) {
      return;
    }
    if (this._view === null) {
      clearTimeout(this._timer);
      node.classList.remove('eflows-mod-gone');
      adopt(node);
      this._picture.remove();
      this._view = this._attached();
    }
    MessageLoop.postMessage(this._view, Widget.ResizeMessage.UnknownSize);
  }

  private _attached(): Widget {
    const view = spare.get(this._run) ?? this._run.view();
    spare.delete(this._run);
    Widget.attach(view, this.node);
    return view;
  }

  /** Scrolling moves the notebook, until the user has clicked into the view. */
  private _onWheel = (event: WheelEvent): void => {
    if (!event.ctrlKey && !this.node.contains(document.activeElement)) {
      event.stopPropagation();
    }
  };

  private _observer: ResizeObserver;
  private _picture: HTMLElement;
  private _run: IShownRun;
  private _timer: number;
  private _view: Widget | null = null;
}

/** Take a view out of its place, which the notebook may have removed from the page already. */
function detach(view: Widget): void {
  if (!view.node.isConnected) {
    document.body.append(view.node); // Lumino insists
  }
  Widget.detach(view);
}

/** The run as it was when the kernel drew it last. */
function pictureOf(svg: unknown): HTMLElement {
  const figure = document.createElement('figure');
  if (typeof svg === 'string' && svg !== '') {
    const image = document.createElement('img');
    image.alt = 'The task functions of the run, and how far they were';
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    figure.append(image);
  }
  const caption = document.createElement('figcaption');
  caption.textContent =
    'This is how the run was when it was saved. Run the cell again to see the tasks of this kernel.';
  figure.append(caption);
  return figure;
}
