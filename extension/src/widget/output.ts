import type { NotebookPanel } from '@jupyterlab/notebook';
import { Panel } from '@lumino/widgets';

/** What the output of `ef.view()` has beside the widget, so that we can show it. */
export const VIEW_MIME = 'application/vnd.eflows.view+json';
const WIDGET_MIME = 'application/vnd.jupyter.widget-view+json';
const PICTURE_MIME = 'image/svg+xml';

type Renderers = NotebookPanel['content']['rendermime'];
type Renderer = ReturnType<Renderers['createRenderer']>;
type Model = Parameters<Renderer['renderModel']>[0];

/** The widget of a run while its kernel is there, the picture of the run otherwise. */
export class ViewOutput extends Panel implements Renderer {
  /**
   * @param renderers those of the notebook, which know its widgets
   */
  constructor(renderers: Renderers) {
    super();
    this._renderers = renderers;
    this.addClass('eflows-ViewOutput');
  }

  override dispose(): void {
    this._observer.disconnect();
    super.dispose();
  }

  async renderModel(model: Model): Promise<void> {
    this._observer.disconnect();
    [...this.widgets].forEach(widget => widget.dispose());
    const picture = this._renderers.createRenderer(PICTURE_MIME);
    this.addWidget(picture);
    if (this._renderers.mimeTypes.includes(WIDGET_MIME)) {
      const live = this._renderers.createRenderer(WIDGET_MIME);
      this.addWidget(live);
      const choose = (): void => {
        // Where there is no widget stands a message, which is no element.
        const isThere = live.node.childElementCount > 0;
        live.setHidden(!isThere);
        picture.setHidden(isThere);
      };
      this._observer = new MutationObserver(choose);
      this._observer.observe(live.node, { childList: true });
      choose();
      // Widgets of a kernel that is not there yet come late or never.
      void live.renderModel(model);
    }
    await picture.renderModel(model);
  }

  private _observer = new MutationObserver(() => undefined);
  private _renderers: Renderers;
}
