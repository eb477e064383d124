/** The colours of a theme, as canvases need them. */
export interface IColours {
  readonly background: string;
  readonly panel: string;
  readonly border: string;
  readonly line: string;
  readonly text: string;
  readonly faint: string;
  readonly accent: string;
  /** The text on top of a filled task. */
  readonly onFill: string;
  readonly critical: string;
  readonly font: string;
  /** By state. */
  readonly states: readonly string[];
  /** By state, as a pixel of an image: 0xAABBGGRR. */
  readonly statePixels: Uint32Array;
  /** For functions, used in turn. */
  readonly functions: readonly string[];
  readonly functionPixels: Uint32Array;
}

const FUNCTIONS = 8;

/** Read the colours of the theme from the style of an element. */
export function readColours(element: HTMLElement): IColours {
  const style = getComputedStyle(element);
  const pen = document.createElement('canvas').getContext('2d');
  const read = (name: string, otherwise: string): string => {
    if (pen === null) {
      return otherwise;
    }
    pen.fillStyle = otherwise;
    pen.fillStyle = style.getPropertyValue(name).trim() || otherwise;
    return typeof pen.fillStyle === 'string' ? pen.fillStyle : otherwise;
  };
  const states = [
    read('--eflows-waiting', '#c7c7c7'),
    read('--eflows-ready', '#9a9a9a'),
    read('--eflows-running', '#1976d2'),
    read('--eflows-done', '#388e3c'),
    read('--eflows-failed', '#d32f2f'),
    read('--eflows-cancelled', '#b26a00'),
    read('--eflows-cached', '#00838f'),
    read('--eflows-sent', '#90bce6')
  ];
  const functions = Array.from({ length: FUNCTIONS }, (_, place) =>
    read(`--eflows-function-${place}`, '#777777')
  );
  return {
    background: read('--jp-layout-color1', '#ffffff'),
    panel: read('--jp-layout-color2', '#f2f2f2'),
    border: read('--jp-border-color1', '#bdbdbd'),
    line: read('--eflows-line', '#8a8a8a'),
    text: read('--jp-ui-font-color1', '#212121'),
    faint: read('--jp-ui-font-color2', '#616161'),
    accent: read('--jp-brand-color1', '#1976d2'),
    onFill: read('--eflows-on-fill', '#ffffff'),
    critical: read('--eflows-critical', '#7b1fa2'),
    font: style.getPropertyValue('--jp-ui-font-family') || 'sans-serif',
    states,
    statePixels: Uint32Array.from(states, pixelOf),
    functions,
    functionPixels: Uint32Array.from(functions, pixelOf)
  };
}

/** A colour as `#rrggbb` or `rgba(r, g, b, a)` as an opaque pixel. */
export function pixelOf(colour: string): number {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  const [red, green, blue] =
    hex !== null
      ? hex.slice(1).map(part => parseInt(part, 16))
      : (colour.match(/[\d.]+/g) ?? []).map(Number);
  return (
    ((255 << 24) | ((blue ?? 0) << 16) | ((green ?? 0) << 8) | (red ?? 0)) >>> 0
  );
}
