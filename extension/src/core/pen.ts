/** What painters draw with: a part of `CanvasRenderingContext2D`, and SVG. */
export interface IPen {
  fillStyle: unknown;
  strokeStyle: unknown;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: string;
  textBaseline: string;
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  bezierCurveTo(
    x1: number,
    y1: number,
    x2: number,
    y2: number,
    x: number,
    y: number
  ): void;
  stroke(): void;
  fill(): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
  setLineDash(segments: number[]): void;
  fillText(text: string, x: number, y: number, maxWidth?: number): void;
  measureText(text: string): { readonly width: number };
  save(): void;
  restore(): void;
}

/** Writes what is drawn as SVG; all text is escaped. */
export class SvgPen implements IPen {
  fillStyle: unknown = '#000000';
  strokeStyle: unknown = '#000000';
  lineWidth = 1;
  globalAlpha = 1;
  font = '12px sans-serif';
  textAlign = 'left';
  textBaseline = 'alphabetic';

  constructor(width: number, height: number) {
    this._width = width;
    this._height = height;
    this._measure = document.createElement('canvas').getContext('2d');
  }

  /** The document. */
  toString(): string {
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${this._width}" height="${this._height}" ` +
      `viewBox="0 0 ${this._width} ${this._height}">\n${this._parts.join('\n')}\n</svg>\n`
    );
  }

  beginPath(): void {
    this._path = '';
  }

  moveTo(x: number, y: number): void {
    this._path += `M${round(x)} ${round(y)}`;
  }

  lineTo(x: number, y: number): void {
    this._path += `L${round(x)} ${round(y)}`;
  }

  bezierCurveTo(
    x1: number,
    y1: number,
    x2: number,
    y2: number,
    x: number,
    y: number
  ): void {
    this._path += `C${[x1, y1, x2, y2, x, y].map(round).join(' ')}`;
  }

  stroke(): void {
    this._add(`<path d="${this._path}" fill="none"${this._strokeStyle()}/>`);
  }

  fill(): void {
    this._add(`<path d="${this._path}" fill="${escape(this.fillStyle)}"/>`);
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this._add(
      `<rect ${box(x, y, width, height)} fill="${escape(this.fillStyle)}"/>`
    );
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this._add(
      `<rect ${box(x, y, width, height)} fill="none"${this._strokeStyle()}/>`
    );
  }

  setLineDash(segments: number[]): void {
    this._dash = segments;
  }

  fillText(text: string, x: number, y: number): void {
    const size = /(\d+)px/.exec(this.font)?.[1] ?? '12';
    const weight = /bold|600/.test(this.font) ? ' font-weight="600"' : '';
    const anchor =
      this.textAlign === 'center'
        ? ' text-anchor="middle"'
        : this.textAlign === 'right'
          ? ' text-anchor="end"'
          : '';
    const down = this.textBaseline === 'middle' ? Number(size) * 0.35 : 0;
    this._add(
      `<text x="${round(x)}" y="${round(y + down)}" font-family="sans-serif" font-size="${size}"` +
        `${weight}${anchor} fill="${escape(this.fillStyle)}">${escape(text)}</text>`
    );
  }

  measureText(text: string): { readonly width: number } {
    if (this._measure === null) {
      return { width: text.length * 7 };
    }
    this._measure.font = this.font;
    return this._measure.measureText(text);
  }

  save(): void {
    this._saved.push([this.globalAlpha, this.lineWidth, this._dash]);
  }

  restore(): void {
    const saved = this._saved.pop();
    if (saved !== undefined) {
      [this.globalAlpha, this.lineWidth, this._dash] = saved;
    }
  }

  private _strokeStyle(): string {
    const dash =
      this._dash.length > 0
        ? ` stroke-dasharray="${this._dash.join(' ')}"`
        : '';
    return ` stroke="${escape(this.strokeStyle)}" stroke-width="${round(this.lineWidth)}"${dash}`;
  }

  private _add(part: string): void {
    const alpha =
      this.globalAlpha < 1 ? ` opacity="${round(this.globalAlpha)}"` : '';
    this._parts.push(part.replace(/^<(\w+)/, `<$1${alpha}`));
  }

  private _dash: number[] = [];
  private _height: number;
  private _measure: CanvasRenderingContext2D | null;
  private _parts: string[] = [];
  private _path = '';
  private _saved: [number, number, number[]][] = [];
  private _width: number;
}

function box(x: number, y: number, width: number, height: number): string {
  return `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Text as it can stand in an element or an attribute. */
export function escape(text: unknown): string {
  return String(text)
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}
