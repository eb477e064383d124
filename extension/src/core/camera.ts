/** Which part of a drawing is seen: its left upper corner and its scales. */
export class Camera {
  x = 0;
  y = 0;
  scaleX = 1;
  scaleY = 1;

  toScreenX(x: number): number {
    return (x - this.x) * this.scaleX;
  }

  toScreenY(y: number): number {
    return (y - this.y) * this.scaleY;
  }

  toWorldX(x: number): number {
    return x / this.scaleX + this.x;
  }

  toWorldY(y: number): number {
    return y / this.scaleY + this.y;
  }

  /** Move what is seen by so many pixels. */
  pan(dx: number, dy: number): void {
    this.x -= dx / this.scaleX;
    this.y -= dy / this.scaleY;
  }

  /** Enlarge around a point of the screen; 1 leaves a direction as it is. */
  zoom(x: number, y: number, factorX: number, factorY: number): void {
    const worldX = this.toWorldX(x);
    const worldY = this.toWorldY(y);
    this.scaleX *= factorX;
    this.scaleY *= factorY;
    this.x = worldX - x / this.scaleX;
    this.y = worldY - y / this.scaleY;
  }
}
