/** Rows of text in columns: the first to the left, numbers to the right. */
export function columns(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  return table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** Dollars as people write them: two digits that matter where there are few, cents where there are many. */
export function money(dollars: number): string {
  if (dollars === 0) return '0';
  if (dollars < 0.001) return '<0.001';
  if (dollars < 10) return dollars.toFixed(3);
  return dollars.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
