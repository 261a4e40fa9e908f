// What the benchmark makes of its samples, and which tables it runs. Nothing is timed here.
import { afterEach, describe, expect, it } from 'vitest';
import { mark, quantile, ratio, repetitions, spread, stray } from '../../bench/figures.mjs';
import { choose, listTables } from '../../bench/list.mjs';
import { loop, pace, race } from '../../bench/race.mjs';
import { judge, targetLines } from '../../bench/report.mjs';
import { TARGETS } from '../../bench/targets.mjs';

describe('figures', () => {
  it('take quantiles between values where there is none', () => {
    expect([0, 0.25, 0.5, 1].map((q) => quantile([4, 1, 3, 2], q))).toEqual([1, 1.75, 2.5, 4]);
    expect(spread([5])).toEqual({ median: 5, low: 5, high: 5 });
    expect(() => quantile([], 0.5)).toThrow('a quantile of no values');
  });

  it('compare each sample with the one of its own round', () => {
    // A machine that is ten times slower in one round is so for both.
    expect(ratio([2, 40, 6], [1, 20, 3])).toEqual({ median: 2, low: 2, high: 2 });
    expect(() => ratio([1, 2], [1])).toThrow('2 samples against 1');
  });

  it('say how far the same strays from itself', () => {
    expect(stray({ low: 0.98, high: 1.01 })).toBeCloseTo(0.02);
    expect(stray({ low: 0.99, high: 1.04 })).toBeCloseTo(0.04);
    expect(stray({ low: 1, high: 1 })).toBe(0);
  });

  it('mark what is reached, what is missed, and what cannot be told apart', () => {
    expect(mark(1.05, 1.05)).toBe('reached');
    expect(mark(1.06, 1.05)).toBe('missed');
    expect(mark(1.06, 1.05, 0.02)).toBe('tie');
    expect(mark(1.5, 1.05, 0.9)).toBe('missed'); // a noisy machine makes no ties
    expect(mark(0, 0)).toBe('reached');
    expect(mark(1, 0, 0.05)).toBe('missed');
    expect(() => mark(Number.NaN, 1)).toThrow('NaN is no figure');
  });

  it('refuse to calibrate on a clock that did not move', () => {
    expect(repetitions(100, 0.5, 4)).toBe(800);
    expect(repetitions(1, 30, 4)).toBe(1);
    expect(() => repetitions(1000, 0, 4)).toThrow('1000 repetitions took 0 ms: the clock is too coarse to calibrate');
  });
});

describe('race', () => {
  const given = { ...pace };
  afterEach(() => {
    Object.assign(pace, given);
  });
  const idle = { key: 'idle', name: 'nothing', timed: (count: number) => count };

  it('refuses to run without samples', async () => {
    pace.rounds = 0;
    await expect(race([idle])).rejects.toThrow('no samples in {');
    Object.assign(pace, given, { sample: 0 });
    await expect(race([idle])).rejects.toThrow('no samples in {');
  });

  it('refuses two cases of one key', async () => {
    await expect(race([idle, idle])).rejects.toThrow('two cases are called the same: idle,idle');
  });

  it('gives nanoseconds per operation, in pairs, with a control, whatever the counts are', async () => {
    Object.assign(pace, { sample: 4, rounds: 3, warm: 0 });
    const rows = await race([
      { key: 'one', name: 'a millisecond', timed: (count: number) => count },
      { key: 'two', name: 'two of a quarter', timed: (count: number) => count / 2, operations: 2 },
    ]);
    expect(rows.map(({ key, samples }) => [key, samples])).toEqual([
      ['one', [1e6, 1e6, 1e6]],
      ['two', [250_000, 250_000, 250_000]],
      ['control', [1e6, 1e6, 1e6]],
    ]);
  });

  it('takes a sample again that became too short', async () => {
    Object.assign(pace, { sample: 4, rounds: 2, warm: 0 });
    let calls = 0;
    const counts: number[] = [];
    const timed = (count: number) => {
      if (++calls <= 10) return count; // a millisecond each, until it is optimized
      counts.push(count);
      return count / 100;
    };
    const [row] = await race([{ key: 'late', name: 'optimized late', timed }], 1);
    expect(row?.samples).toEqual([10_000, 10_000]);
    expect(counts.at(-1)).toBeGreaterThanOrEqual(200);
  });

  it('gives every loop a source of its own', () => {
    const [first, second] = [1, 2].map(() => loop({ add: 2 }, 'sink += add;'));
    expect([first(3), second(4)]).toEqual([6, 8]);
    expect(`${first}`).not.toBe(`${second}`);
  });
});

describe('tables', () => {
  it('are all there that the table at the end is made of, in a hurry too', async () => {
    const tables = await listTables();
    const quick = choose(tables, [], true);
    for (const { figure, table, row, base = row, limit, engines = ['node', 'chromium', 'firefox'] } of TARGETS) {
      for (const name of [table].flat()) {
        const found = quick.find((candidate) => candidate.name === name);
        expect(found, `${figure}: ${name}`).toBeDefined();
        expect(found?.engines, figure).toEqual(expect.arrayContaining(engines));
        expect(found?.only, figure).toEqual(expect.arrayContaining([row, base]));
      }
      for (const engine of engines)
        expect(typeof limit === 'number' ? limit : limit[engine], figure).toBeTypeOf('number');
    }
    expect(choose(tables, [])).toEqual(tables);
  });

  it('are chosen by file or by name', async () => {
    const tables = await listTables();
    const names = (...words: string[]) => choose(tables, words).map(({ name }) => name);
    expect(names('call')).toEqual(['call/one', 'call/six', 'call/sites', 'call/shared']);
    expect(names('call/six', 'alloc/mixed')).toEqual(['alloc/mixed', 'call/six']);
    expect(() => names('cal')).toThrow(/^no table cal; there are alloc\/repeating, /);
  });
});

describe('the table at the end', () => {
  const row = (key: string, ...samples: number[]) => ({ key, name: key, samples });
  const result = (table: string, ...rows: object[]) => ({ table, title: table, engine: 'node', rows });
  const target = { figure: 'figure', against: 'base', row: 'ours', base: 'raw', limit: { node: 2, firefox: 3 } };

  it('has a mark for each figure and engine', () => {
    const results = [result('a', row('raw', 1, 1, 1), row('ours', 2.02, 2.02, 2.02), row('control', 0.9, 1, 1.1))];
    const rows = judge(results, ['node', 'firefox'], [{ ...target, table: 'a' }]);
    expect(rows).toMatchObject([
      { engine: 'node', value: 2.02, limit: 2, mark: 'tie' },
      { engine: 'firefox', limit: 3, mark: 'not run' },
    ]);
    expect(targetLines(rows)).toEqual([
      'figure  against  engine   measured  reach',
      'figure  base     node     2.02      <= 2   tie',
      'figure  base     firefox  -         <= 3   not run',
    ]);
  });

  it('tells the worst of several tables', () => {
    const results = ['a', 'b', 'c'].map((table, i) => result(table, row('raw', 1), row('ours', 1.5 + i / 2)));
    expect(judge(results, ['node'], [{ ...target, table: ['a', 'b', 'c'] }])).toMatchObject([
      { figure: 'figure: c, 2 of 3 within', value: 2.5, mark: 'missed' },
    ]);
    expect(judge(results.slice(1), ['node'], [{ ...target, table: ['a', 'b', 'c'] }])[0]?.mark).toBe('not run');
  });

  it('takes counts as they are, or to one another', () => {
    const counted = [1024, 512].map((bytes, i) => ({ key: ['ours', 'raw'][i], name: '', values: { bytes } }));
    const given = { ...target, table: 'a', value: 'bytes' };
    expect(judge([result('a', ...counted)], ['node'], [given])[0]).toMatchObject({ value: 2, mark: 'reached' });
    const alone = { ...given, base: undefined };
    expect(judge([result('a', ...counted)], ['node'], [alone])[0]).toMatchObject({ value: 1024, mark: 'missed' });
  });

  it('names a row that a table lacks', () => {
    const results = [result('a', row('raw', 1))];
    expect(() => judge(results, ['node'], [{ ...target, table: 'a' }])).toThrow('a has no row ours');
  });
});
