/** Pixels that are set one by one, for what is too small to be drawn. */
export class Raster {
  width = 0;
  height = 0;

  /** Make room and clear. */
  begin(width: number, height: number): void {
    if (
      this._image === null ||
      width !== this.width ||
      height !== this.height
    ) {
      this.width = this._canvas.width = width;
      this.height = this._canvas.height = height;
      this._image = new ImageData(width, height);
      this._pixels = new Uint32Array(this._image.data.buffer);
    } else {
      this._pixels.fill(0);
    }
  }

  /** Fill a rectangle, at least one pixel of it; what lies outside is left out. */
  fill(
    left: number,
    top: number,
    right: number,
    bottom: number,
    pixel: number
  ): void {
    const { width, height, _pixels: pixels } = this;
    const x0 = Math.max(0, left | 0);
    const y0 = Math.max(0, top | 0);
    const x1 = Math.min(width, Math.max(right | 0, (left | 0) + 1));
    const y1 = Math.min(height, Math.max(bottom | 0, (top | 0) + 1));
    for (let y = y0; y < y1; y++) {
      const line = y * width;
      for (let x = x0; x < x1; x++) {
        pixels[line + x] = pixel;
      }
    }
  }

  /** Draw over what is there. */
  end(context: CanvasRenderingContext2D): void {
    if (this._image !== null) {
      this._context?.putImageData(this._image, 0, 0);
      context.save();
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.drawImage(this._canvas, 0, 0);
      context.restore();
    }
  }

  private _canvas = document.createElement('canvas');
  private _context = this._canvas.getContext('2d', {
    willReadFrequently: true
  });
  private _image: ImageData | null = null;
  private _pixels = new Uint32Array(0);
}
