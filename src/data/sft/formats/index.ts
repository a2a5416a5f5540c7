/** @file The formats of examples, and which of them a row is of. A new one is a file beside this and a line here. */

import { nearest, UserError } from "../../../platform/errors.js";
import type { Row } from "../row.js";
import { errorAt } from "../row.js";
import { alpacaFormat } from "./alpaca.js";
import { FORMATS, type Format, type FormatName, type Values } from "./format.js";
import { labelsFormat } from "./labels.js";
import { messagesFormat } from "./messages.js";
import { promptCompletionFormat } from "./promptCompletion.js";
import { shareGptFormat } from "./shareGpt.js";
import { spansFormat } from "./spans.js";
import { textFormat } from "./text.js";
import { wordsFormat } from "./words.js";

const BY_NAME: Readonly<Record<FormatName, Format>> = {
  messages: messagesFormat,
  sharegpt: shareGptFormat,
  alpaca: alpacaFormat,
  "prompt-completion": promptCompletionFormat,
  spans: spansFormat,
  words: wordsFormat,
  labels: labelsFormat,
  text: textFormat,
};

/** What a column is for → its name in the file. */
export type ColumnNames = Readonly<Record<string, string>>;

/** Lower-cased names of columns that mean something to one of the formats. */
export function knownColumns(formats: readonly Format[], columns: ColumnNames): Set<string> {
  const usual = formats.flatMap((format) => Object.values({ ...format.required, ...format.optional }).flat());
  return new Set([...usual, ...Object.values(columns)].map((name) => name.toLowerCase()));
}

/** The formats that the columns named make sense for, of those given. Throws UserError `option-invalid`. */
export function formatsFor(names: readonly FormatName[] | undefined, columns: ColumnNames): Format[] {
  const given = (names ?? FORMATS).map((name) => BY_NAME[name]);
  const rolesOf = (format: Format) => Object.keys({ ...format.required, ...format.optional });
  const formats = given.filter((format) =>
    Object.keys(columns).every((role) => rolesOf(format).includes(role)),
  );
  if (formats.length > 0) return formats;
  const roles = [...new Set(given.flatMap(rolesOf))];
  const odd = Object.keys(columns).find((role) => !roles.includes(role)) ?? Object.keys(columns).join(", ");
  const near = nearest(odd, roles);
  throw new UserError({
    code: "option-invalid",
    at: "columns",
    message: "no format has such columns",
    found: odd,
    expected: roles,
    ...(near === undefined ? {} : { fix: `did you mean ${JSON.stringify(near)}?` }),
  });
}

/** A row's values by what they are for; undefined where the row is not of the format. */
export function valuesOf(format: Format, row: Row, columns: ColumnNames): Values | undefined {
  const values: Record<string, unknown> = {};
  const byLowerCase = new Map(Object.keys(row.columns).map((name) => [name.toLowerCase(), name]));
  for (const [role, names] of Object.entries({ ...format.required, ...format.optional })) {
    const asked = columns[role];
    const name =
      asked !== undefined
        ? Object.hasOwn(row.columns, asked)
          ? asked
          : undefined
        : byLowerCase.get(names.find((usual) => byLowerCase.has(usual)) ?? "");
    const value = name === undefined ? undefined : row.columns[name];
    if (value !== undefined) values[role] = value;
    else if (role in format.required || asked !== undefined) return undefined;
  }
  return format.fits?.(values) === false ? undefined : values;
}

/** The one of the formats that the first row is of. Throws UserError `format-unknown`, `format-ambiguous`. */
export function recognise(formats: readonly Format[], row: Row, columns: ColumnNames, file: string): Format {
  const found = formats.filter((format) => valuesOf(format, row, columns) !== undefined);
  // Every text with something beside it is a text as well.
  const fitting = found.length > 1 ? found.filter((format) => format !== textFormat) : found;
  if (fitting.length === 1) return fitting[0]!;
  const place = { file, line: row.line };
  if (fitting.length > 1)
    throw errorAt(place, {
      code: "format-ambiguous",
      message: "may be read in several ways",
      found: fitting.map((format) => format.name),
      fix: "say which (format)",
    });
  throw errorAt(place, {
    code: "format-unknown",
    message: "is of no format known here",
    found: Object.keys(row.columns),
    expected: formats.map(describeFormat).join("; or "),
    fix: "name the columns (columns: { text: …, label: … }), or convert the file",
  });
}

export function describeFormat(format: Format): string {
  return `${Object.values(format.required)
    .map((names) => names[0])
    .join(" and ")} (${format.name})`;
}
