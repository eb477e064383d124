const ROWS = 2 ** 21;

/**
 * Rows in ascending order of their keys, as 32-bit floats tell them, and then of
 * their numbers.
 *
 * Key and row are packed into one number each, because sorting numbers without a
 * function that compares them is ten times as fast.
 */
export function ordered(
  rows: Int32Array,
  keyOf: (row: number) => number
): Int32Array {
  const packed = new Float64Array(rows.length);
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let place = 0; place < rows.length; place++) {
    const row = rows[place] ?? 0;
    float[0] = keyOf(row);
    const raw = bits[0] ?? 0;
    // Negative floats grow downwards.
    const ascending = raw & 0x80000000 ? ~raw >>> 0 : (raw | 0x80000000) >>> 0;
    packed[place] = ascending * ROWS + row;
  }
  packed.sort();
  return Int32Array.from(packed, value => value % ROWS);
}
