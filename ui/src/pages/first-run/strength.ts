/** What a passphrase that seals a workspace must be. The engine asks for the length again. */

/** The fewest characters. */
export const SHORTEST = 12;

export interface Rule {
  readonly says: string;
  readonly kept: boolean;
}

/** The rules, and whether what was typed twice keeps them. */
export function rules(first: string, second: string): Rule[] {
  return [
    { says: `${String(SHORTEST)} characters or more`, kept: Array.from(first).length >= SHORTEST },
    { says: "five different characters or more", kept: new Set(first).size >= 5 },
    { says: "typed the same twice", kept: first !== "" && first === second },
  ];
}

export const isStrong = (first: string, second: string): boolean =>
  rules(first, second).every((rule) => rule.kept);
