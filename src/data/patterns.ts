/** @file Patterns of file names, for where no shell has expanded them: `*` and `?` within a name, `**` over folders. */

import { UserError } from "../platform/errors.js";
import { exists, isDirectory, joinPath, listFolder } from "../platform/files.js";

/** The paths as they are, and for each pattern (a path with `*` or `?` that does not exist itself) the files that it fits,
 *  in code-unit order. Throws UserError `file-missing` for a pattern that fits none. */
export function expandPatterns(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!/[*?]/.test(path) || exists(path)) return [path];
    const parts = path.split("/");
    const fixed = parts.findIndex((part) => /[*?]/.test(part));
    const root = parts.slice(0, fixed).join("/") || (path.startsWith("/") ? "/" : "");
    const found = exists(root === "" ? "." : root) ? fitting(root, parts.slice(fixed)) : [];
    if (found.length === 0)
      throw new UserError({
        code: "file-missing",
        file: path,
        message: "fits no file",
        fix: "check the pattern",
      });
    return [...new Set(found)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  });
}

function fitting(folder: string, parts: readonly string[]): string[] {
  const [part, ...rest] = parts;
  const entries = () =>
    listFolder(folder === "" ? "." : folder).map((name) => [name, joinPath(folder, name)] as const);
  if (part === "**") {
    const below = entries().filter(([name, path]) => !name.startsWith(".") && isDirectory(path));
    return [
      ...fitting(folder, rest.length === 0 ? ["*"] : rest),
      ...below.flatMap(([, path]) => fitting(path, parts)),
    ];
  }
  const fits = nameTest(part!);
  return entries().flatMap(([name, path]) => {
    if (!fits.test(name) || (name.startsWith(".") && !part!.startsWith("."))) return [];
    if (rest.length === 0) return isDirectory(path) ? [] : [path];
    return isDirectory(path) ? fitting(path, rest) : [];
  });
}

function nameTest(part: string): RegExp {
  const source = part
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "su");
}
