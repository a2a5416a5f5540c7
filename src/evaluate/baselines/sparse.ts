/** @file Rows of which most entries are zero: for each row the columns that are not, and their values (CSR). */

export interface SparseRow {
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

export interface SparseMatrix {
  readonly columns: number;
  readonly rows: readonly SparseRow[];
}

/** From column → value; columns ascending. */
export function sparseRow(entries: ReadonlyMap<number, number>): SparseRow {
  const columns = Int32Array.from(entries.keys()).sort();
  return { columns, values: Float64Array.from(columns, (c) => entries.get(c)!) };
}

/** All columns, zeros too. */
export function denseRow(values: ArrayLike<number>): SparseRow {
  return {
    columns: Int32Array.from({ length: values.length }, (_, i) => i),
    values: Float64Array.from(values),
  };
}
