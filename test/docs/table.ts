/** A Markdown table with its columns in line, as oxfmt writes it. Pipes inside a cell are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', String.raw`\|`)));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? '').length)));
  const lines = cells.map((row) => line(widths.map((width, column) => (row[column] ?? '').padEnd(width))));
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** The rows of the table below a heading, without its head; the text of a cell without backticks. */
export function rowsBelow(text: string, heading: string): string[][] {
  const [, section = ''] = text.split(new RegExp(`^#+ ${heading}$`, 'm'));
  const [found = ''] = /(?:^\|.*\n)+/m.exec(section) ?? [];
  return found
    .trim()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .replace(/^\| | \|$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) =>
          cell
            .trim()
            .replaceAll('`', '')
            .replaceAll(String.raw`\|`, '|'),
        ),
    );
}
