import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { Widget } from '@lumino/widgets';

/** One titled part of the eFlows side panel. */
export interface ISection {
  /** The content; its `title.label` heads the section. */
  readonly widget: Widget;
  /** Sections stand in ascending order of rank. */
  readonly rank: number;
  /** How much of the height it has at first, beside those of others; 1 is usual. */
  readonly weight?: number;
}

/** The eFlows side panel, as other plugins see it. */
export interface IEflowsPanel {
  /** Add a section; disposing what is returned takes it out again. */
  addSection(section: ISection): IDisposable;
}

/** How a plugin asks for the side panel. */
export const IEflowsPanel = new Token<IEflowsPanel>(
  'eflows-nb:IEflowsPanel',
  'The eFlows side panel, to which sections can be added.'
);
