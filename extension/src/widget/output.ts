import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';

/** What the outputs of `ef.view()` and `ef.progress()` have beside the widget, so that we can show them. */
export const VIEW_MIME = 'application/vnd.eflows.view+json';
const WIDGET_MIME = 'application/vnd.jupyter.widget-view+json';
const KEPT_MIMES = ['image/svg+xml', 'text/plain'];

/** What ipywidgets gives the widgets of a kernel that begins anew, beside a broken chain. */
const DISCONNECTED = '.jupyter-widgets-disconnected';

type Renderers = NotebookPanel['content']['rendermime'];
type Renderer = ReturnType<Renderers['createRenderer']>;
type Model = Parameters<Renderer['renderModel']>[0];

/** A widget while its kernel is there, and what the notebook has kept of it otherwise. */
export class ViewOutput extends Panel implements Renderer {
  /**
   * @param renderers those of the notebook, which know its widgets
   */
  constructor(renderers: Renderers, trans: TranslationBundle) {
    super();
    this._renderers = renderers;
    this.addClass('eflows-ViewOutput');
    this._words.addClass('eflows-ViewOutput-words');
    this._words.node.textContent = trans.__(
      'Not live. This is how it was last:'
    );
  }

  override dispose(): void {
    this._observer.disconnect();
    super.dispose();
  }

  async renderModel(model: Model): Promise<void> {
    const kept = this._renderers.createRenderer(
      KEPT_MIMES.find(mime => mime in model.data) ?? 'text/plain'
    );
    const widget = JSON.stringify(model.data[WIDGET_MIME] ?? null);
    if (this._live === null || this._liveModel !== widget) {
      this._begin(model, widget);
    }
    // A widget that is there already stays as the user has it.
    this._kept?.dispose();
    this._kept = kept;
    this.insertWidget(1, kept);
    this._choose();
    await kept.renderModel(model);
  }

  /** Show another widget than before, if it comes. */
  private _begin(model: Model, widget: string): void {
    this._observer.disconnect();
    this._live?.dispose();
    this._live = null;
    this._liveModel = widget;
    this.insertWidget(0, this._words);
    if (this._renderers.mimeTypes.includes(WIDGET_MIME)) {
      const live = this._renderers.createRenderer(WIDGET_MIME);
      this._live = live;
      this.addWidget(live);
      this._observer.observe(live.node, {
        attributeFilter: ['class'],
        childList: true,
        subtree: true
      });
      // Widgets of a kernel that is not there yet come late or never.
      void live.renderModel(model);
    }
  }

  private _choose(): void {
    const node = this._live?.node;
    // Where there is no widget stands a message, which is no element.
    const isThere =
      node !== undefined &&
      node.childElementCount > 0 &&
      node.querySelector(DISCONNECTED) === null;
    this._live?.setHidden(!isThere);
    this._kept?.setHidden(isThere);
    this._words.setHidden(isThere || node === undefined);
  }

  private _kept: Renderer | null = null;
  private _live: Renderer | null = null;
  private _liveModel = '';
  private _observer = new MutationObserver(() => this._choose());
  private _renderers: Renderers;
  private _words = new Widget();
}
