/** One thing that was looked at. */
export interface Finding {
  /** `note`: one feature is out of reach, all else works. `bad`: nothing can be built, or the page can't work. */
  level: 'ok' | 'note' | 'bad';
  about: string;
  /** What was found, and what it stops. */
  says: string;
  /** What to do about it. */
  fix?: string;
}
