import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import { parseCatalogInput } from '../../lib/core/catalog-input.ts';
import type { ProblemIssue } from '../../lib/core/problem.ts';

/** One thing wrong with a catalog file: where, and what to write instead. */
export interface FileIssue {
  /** 1-based. */
  readonly line: number;
  /** `destinations.ops.settings.webhookUrl`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

export interface CatalogFile {
  /** What the API takes: lists of entries. */
  readonly catalog: Readonly<Record<string, unknown>>;
  /** What is wrong with the catalog, at the line it stands on. */
  readonly issueOf: (issue: Pick<ProblemIssue, 'pointer' | 'detail'>) => FileIssue;
}

export type ReadFile =
  | { readonly ok: true; readonly file: CatalogFile }
  | { readonly ok: false; readonly issues: readonly FileIssue[] };

/**
 * Reads the text of a `catalog.yaml`: fills in `${NAME}` from `variables` (`$${NAME}` stays as text), checks
 * the shape of every entry, and knows the line of everything.
 */
export function parseCatalogFile(
  text: string,
  variables: Readonly<Record<string, string | undefined>>,
): ReadFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (offset: number | undefined): number => lines.linePos(offset ?? 0).line;
  if (document.errors.length > 0) {
    const issues = document.errors.map(({ pos, message }) => ({ line: lineOf(pos[0]), path: '', message }));
    return { ok: false, issues };
  }
  const unknown = fillVariables(document, variables).map(({ node, name }): FileIssue => ({
    line: lineOf(node.range?.[0]),
    path: '',
    message: `\${${name}} has no value; set the environment variable ${name}`,
  }));
  if (unknown.length > 0) return { ok: false, issues: unknown };

  const issueOf = locator(document, lineOf);
  // An object, or the next line has something to say.
  const catalog: CatalogFile['catalog'] = document.toJS({ maxAliasCount: 100 }) ?? {};
  const parsed = parseCatalogInput(catalog);
  if (!parsed.ok) return { ok: false, issues: parsed.issues.map(issueOf) };
  return { ok: true, file: { catalog, issueOf } };
}

/** `catalog.yaml:12  destinations.ops.channel: ...` */
export function formatIssue(file: string, { line, path, message }: FileIssue): string {
  return `${file}:${line}  ${path === '' ? '' : `${path}: `}${message}`;
}

const VARIABLE = /(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

function fillVariables(
  document: Document.Parsed,
  variables: Readonly<Record<string, string | undefined>>,
): { readonly node: Scalar; readonly name: string }[] {
  const unknown: { node: Scalar; name: string }[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      node.value = node.value.replaceAll(VARIABLE, (whole, escape: string, name: string) => {
        if (escape !== '') return whole.slice(1);
        const value = variables[name];
        if (value === undefined) unknown.push({ node, name });
        return value ?? '';
      });
    },
  });
  return unknown;
}

/** Follows a JSON pointer through the document as far as it goes: a missing member is shown at its parent. */
function locator(
  document: Document.Parsed,
  lineOf: (offset: number | undefined) => number,
): CatalogFile['issueOf'] {
  return ({ pointer, detail }) => {
    const steps = pointer
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    let node: unknown = document.contents;
    let offset = startOf(node);
    const path: string[] = [];
    for (const step of steps) {
      if (isSeq(node)) {
        node = node.items[Number(step)];
        offset = startOf(node) ?? offset;
        const id = isMap(node) ? node.get('id') : undefined;
        path.push(typeof id === 'string' ? id : step);
      } else {
        const pair = isMap(node)
          ? node.items.find(({ key }) => isScalar(key) && String(key.value) === step)
          : undefined;
        offset = startOf(pair?.key) ?? offset;
        node = pair?.value;
        path.push(step);
      }
    }
    return { line: lineOf(offset), path: path.join('.'), message: detail };
  };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
