/** @file A post-processor that puts tokens around each text. */

/** Tokens in front of a text and behind it; null where there are none. */
export function aroundJson(
  before: readonly string[],
  behind: readonly string[],
  idOf: (token: string) => number,
): object | null {
  if (before.length + behind.length === 0) return null;
  const special = (type: number) => (token: string) => ({ SpecialToken: { id: token, type_id: type } });
  const text = (id: "A" | "B", type: number) => ({ Sequence: { id, type_id: type } });
  const part = (id: "A" | "B", type: number) => [
    ...before.map(special(type)),
    text(id, type),
    ...behind.map(special(type)),
  ];
  return {
    type: "TemplateProcessing",
    single: part("A", 0),
    pair: [...part("A", 0), ...part("B", 1)],
    special_tokens: Object.fromEntries(
      [...before, ...behind].map((token) => [token, { id: token, ids: [idOf(token)], tokens: [token] }]),
    ),
  };
}
